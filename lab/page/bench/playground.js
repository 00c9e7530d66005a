// The playground: a network learns points of the plane, step by step, forward and back.

import { el, save } from '../dom.js';
import { unpack, unpackBytes } from '../api.js';
import { worded, wording } from '../messages.js';
import { lines, round } from '../charts.js';
import { brushes } from './small/brushes.js';
import { curves } from './small/curves.js';
import { menu } from './small/menu.js';
import { network } from './small/network.js';
import { layersOf, withLayers } from './small/line.js';
import { maths } from './math.js';
import { sign } from './player.js';
import { fill } from './controls.js';
import { DEFAULTS, chosen, settings } from './small/settings.js';
import { reader } from './small/reading.js';
import { surface } from './small/surface.js';
import { surfaceTable, weightTable } from './small/tables.js';
import { TEXT } from './small/text.js';
import { PRESETS } from './small/presets.js';

const SPEEDS = [1, 10, 100, 1e6];

export default {
  title: { en: 'Playground', zh: '游乐场' },
  about: {
    en: 'A network of your own learns points of the plane. Watch every neuron, go forward, and back.',
    zh: '用你自己的网络学习平面上的点：观察每个神经元，可以前进，也可以后退。',
  },
  mount(element, given, api) {
    const say = (key, values = {}) => fill(api.say(TEXT[key]), values);
    // Without any settings it starts faster than the optimizers' own defaults, which are made for larger networks.
    let state = Object.keys(given).length ? { ...given } : { lr: '0.03' };
    let session = null;
    let plan = null;
    let frame = null;
    let playing = false;
    let dead = false;
    let busy = Promise.resolve();
    let focus = null;
    let furthest = 0;
    let turn = 0;
    let speed = Number(SPEEDS[1]);
    const losses = curves();
    const words = reader({ say, plan: () => plan, frame: () => frame });

    // Parts of the page
    const button = (key, sign, action, more = {}) => el('button', { type: 'button', title: say(key), 'aria-label': say(key), onclick: action, ...more }, sign);
    const play = button('play', '', () => (playing ? pause() : start()), { class: 'primary play' });
    const bar = el('div', { class: 'card steps-bar', role: 'toolbar', 'aria-label': say('play') });
    const reset = button('reset', sign('first'), () => go({ to: 0 }));
    const back = button('back', sign('back'), () => go({ by: -1 }));
    const forth = button('step', sign('on'), () => go({ by: 1 }));
    const travel = el('input', { type: 'range', min: 0, max: 1, value: 0, 'aria-label': say('travel'), title: say('travel') });
    const place = el('output', { class: 'standing' });
    const pace = el('select', { 'aria-label': say('speed'), onchange: () => { speed = SPEEDS[pace.selectedIndex]; } },
      TEXT.speeds.map((pair, i) => el('option', { selected: i === 1 }, api.say(pair))));
    bar.append(el('div', { class: 'group' }, reset, back), play, el('div', { class: 'group' }, forth), pace, travel, place);
    const presets = el('div', { class: 'presets' }, el('span', {}, say('try')), PRESETS.map((preset) => el('button', {
      type: 'button', class: 'pick-chip', title: api.say(preset.about), onclick: () => { chosenPreset = preset; change(preset.state, true); },
    }, api.say(preset.name))));
    const told = el('p', { class: 'told', hidden: true });
    let chosenPreset = null;
    const note = el('p', { class: 'halt-note', role: 'status', hidden: true });
    const form = el('div', { class: 'card small-settings' });
    const face = el('div', { class: 'face' });
    const under = el('p', { class: 'under' }, say('dot'));
    const brushRow = el('div', { class: 'row brushes', hidden: true });
    const scores = el('div', { class: 'scores' });
    const crisp = toggle('crisp', false, (on) => square.draw({ crisp: on }));
    const test = toggle('show_test', true, () => square.draw({ test: test.checked ? plan?.testPoints : null }));
    const log = toggle('log', false, (on) => chart.update({ y: axis(on) }));
    function axis(isLog) {
      return { log: isLog };
    }
    function toggle(key, on, action) {
      const box = el('input', { type: 'checkbox', checked: on, onchange: () => action(box.checked) });
      box.word = el('label', { class: 'check' }, box, say(key));
      return box;
    }
    const inside = el('div', { class: 'inside' });
    const reading = el('p', { class: 'reading', 'aria-live': 'polite' }, say('hint'));
    const step = el('div', { class: 'card rule-card' });
    const squareMenu = menu(say('surface'), 'surface', { data: () => surfaceTable(plan, frame, say), png: () => square.png() });
    const netMenu = menu(say('net'), 'weights', { data: () => weightTable(plan, frame, say, words.name), png: () => drawing.png() });
    const netCard = el('section', { class: 'card net-card' }, netMenu.head,
      el('div', { class: 'row net-tools' },
        button('add', say('add'), () => layers((all) => [...all.slice(0, -1), hiddenLike(all), ...all.slice(-1)])),
        button('drop', say('drop'), () => layers((all) => [...all.slice(0, -2), ...all.slice(-1)])),
        button('keep_model', say('keep_model'), keepModel)),
      inside, reading, netMenu.table);
    const curveCard = el('section', { class: 'card' }, scores);
    const faceCard = el('section', { class: 'card face-card' }, squareMenu.head, brushRow, face, under, el('div', { class: 'row' }, crisp.word, test.word), squareMenu.table);
    element.classList.add('playground');
    element.append(presets, told, bar, note, el('div', { class: 'layout' }, form, el('div', { class: 'middle' }, netCard, step), el('div', { class: 'side' }, faceCard, curveCard)));

    const own = brushes(brushRow, { say, state: () => state, plan: () => plan, change });
    const square = surface(face, { label: say('surface'), pick: (at) => own.pick(at), hover: hovered });
    const drawing = network(inside, { label: say('net'), hover: look, choose: choose, heads, name: words.name });
    const chart = lines(curveCard, { name: 'loss', title: say('loss'), height: 220, x: { label: say('at') }, y: axis(false) });
    curveCard.append(log.word);
    const controls = settings(form, { say: api.say, change });

    // What happens
    const ask = (question) => {
      const here = turn;
      busy = busy.then(async () => {
        if (dead || here !== turn || !session) return null;
        try {
          const answer = await session.ask({ ...question, focus: focus ?? undefined });
          return here === turn && !dead ? answer : null;
        } catch (error) {
          if (error.status === 404 && here === turn && !dead) {
            const step = frame?.place.step ?? 0;
            session = await api.session('playground', chosen(state));
            return session.ask({ to: step, milliseconds: 2000, focus: focus ?? undefined });
          }
          throw error;
        }
      });
      return busy.catch((error) => { busy = Promise.resolve(); if (here === turn) { pause(); api.fail(error); } return null; });
    };

    async function open(step = 0) {
      turn += 1;
      const here = turn;
      session = null;
      losses.clear();
      furthest = 0;
      frame = null;
      look(null);
      note.hidden = true;
      controls.show(state);
      if (state.data === 'own') own.draw();
      brushRow.hidden = state.data !== 'own';
      if (state.data === 'own' && !state.points) {
        square.draw({ values: null, train: null, test: null, view: 1.25, classes: 2 });
        chart.update({ series: [] });
        return;
      }
      try {
        const opened = await api.session('playground', chosen(state));
        if (dead || here !== turn) return;
        api.fail(null);
        session = opened;
        describe(await ask({ describe: true }));
        if (step > 0) await arrive(step);
      } catch (error) {
        if (here === turn) {
          playing = false;
          showPlay();
          api.fail(error);
        }
      }
    }

    function describe(answer) {
      if (!answer) return;
      plan = answer.description;
      plan.seen = unpackBytes(plan.seen);
      plan.trainPoints = unpack(plan.train);
      plan.testPoints = unpack(plan.test);
      controls.rate(plan.learning_rate);
      controls.lists(plan.lists);
      drawing.describe(plan);
      const classes = plan.classes;
      under.textContent = plan.testPoints.length ? say('dot') : '';
      square.draw({ side: plan.side, view: plan.view, classes, train: plan.trainPoints, test: test.checked ? plan.testPoints : null });
      own.draw();
      test.word.hidden = !plan.testPoints.length;
      step.replaceChildren(el('h2', {}, say('rule')), el('p', { class: 'mono rule-line' }, plan.optimizer.line),
        maths(plan.optimizer.formula, say('rule')), el('p', { class: 'soft' }, worded(plan.optimizer.about)),
        el('h2', {}, say('made_small')), el('p', { class: 'mono rule-line' }, plan.loss.line),
        maths(plan.loss.formula, say('made_small')), el('p', { class: 'soft' }, worded(plan.loss.about)));
      if (plan.optimizer.wants_all && plan.batch < plan.trainPoints.length / 3) {
        step.append(el('p', {}, say('wants_all'), ' ', el('button', { type: 'button', onclick: () => change({ batch: 'all' }) }, say('all'))));
      }
      apply(answer);
    }

    function apply(answer) {
      if (!answer) return;
      frame = answer;
      frame.theta = unpack(frame.theta);
      frame.pictures = unpackBytes(frame.pictures);
      losses.add(frame.curve);
      furthest = Math.max(furthest, frame.place.step);
      drawing.draw(frame);
      paintSurface();
      const { x, train, test: tested } = losses.series();
      chart.update({
        series: [{ name: say('train'), x, y: train, colour: 0 }, ...(frame.test ? [{ name: say('test'), x, y: tested, colour: 1, dash: true }] : [])],
        marks: frame.place.step < furthest ? [{ x: frame.place.step }] : [],
      });
      travel.max = Math.max(1, furthest);
      travel.value = frame.place.step;
      place.replaceChildren(el('strong', {}, `${say('at')} ${frame.place.step}`), ` · ${say('epoch')} ${frame.place.epoch} · `,
        el('code', { title: say('hash') }, frame.hash));
      const score = (name, s, paint) => s && el('div', { class: paint }, el('span', {}, say(name)), el('strong', {}, round(s.loss, 3)),
        s.accuracy === null ? null : el('span', {}, `${Math.round(1000 * s.accuracy) / 10} % ${say('right')}`));
      scores.replaceChildren(...[score('train', frame.train, 'is-train'), score('test', frame.test, 'is-test')].filter(Boolean));
      back.disabled = frame.place.step === 0;
      reset.disabled = frame.place.step === 0;
      forth.disabled = Boolean(frame.halted);
      note.hidden = !frame.halted;
      if (frame.halted) {
        const { kind, step: at, learning_rate: rate, text } = frame.halted;
        note.textContent = kind === 'diverged' ? say('diverged', { step: at, rate }) : say('ended', { why: wording(text) });
      }
    }

    function paintSurface() {
      if (!frame || !plan) return;
      const focused = focus && focus[0] >= 0 && frame.focus;
      const values = unpack(focused ? frame.focus : frame.surface);
      const kind = focused ? frame.scales[words.index(focus)] ?? 1 : plan.outputs > 1 ? 'classes' : plan.classes ? 'share' : 'value';
      const levels = focused ? [0] : plan.outputs > 1 ? [] : plan.classes ? [0.5] : [-0.5, 0, 0.5];
      squareMenu.head.querySelector('h2').textContent = focused ? say('neuron', { n: words.short(focus) }) : say('surface');
      square.draw({ values, kind, levels });
    }
    /** The network at this step, as a file. */
    async function keepModel() {
      const answer = await ask({ by: 0, model: true });
      if (answer) save('model.safetensors', unpackBytes(answer.model), 'application/octet-stream');
    }

    async function go(question) {
      pause();
      apply(await ask({ milliseconds: 2000, ...question }));
      remember();
    }
    /** To a step, however many questions it takes. */
    async function arrive(step) {
      for (let i = 0; i < 100; i += 1) {
        const answer = await ask({ to: step, milliseconds: 300 });
        apply(answer);
        if (!answer || answer.arrived) return;
      }
    }
    const remember = () => api.set({ step: frame && frame.place.step > 0 ? String(frame.place.step) : null });
    const frameDrawn = () => new Promise((done) => requestAnimationFrame(done));

    async function start() {
      if (!session || playing) return;
      playing = true;
      showPlay();
      const here = turn;
      while (playing && !dead && here === turn) {
        if (document.hidden) { await new Promise((done) => setTimeout(done, 200)); continue; }
        // As many steps as there is time for between two pictures; what it took tells the machine's pace.
        const answer = await ask({ by: speed, milliseconds: speed > 1000 ? 28 : 400 });
        if (!answer || here !== turn) break;
        apply(answer);
        if (answer.halted) pause();
        await frameDrawn();
      }
      if (here === turn && !dead) remember();
    }
    function pause() {
      playing = false;
      showPlay();
    }
    function showPlay() {
      play.replaceChildren(sign(playing ? 'pause' : 'play'));
      play.title = say(playing ? 'pause' : 'play');
      play.setAttribute('aria-label', play.title);
    }

    /** New settings: the training begins anew, and goes on playing if it was. */
    function change(changes, preset = false) {
      const went = playing || preset;
      playing = false;
      if (preset) state = {};
      else chosenPreset = null;
      told.hidden = !chosenPreset;
      if (chosenPreset) told.textContent = api.say(chosenPreset.about);
      state = { ...state, ...changes };
      for (const [key, value] of Object.entries(state)) if (value === DEFAULTS[key] || value === '') delete state[key];
      delete state.step;
      const cleared = Object.fromEntries([...Object.keys(DEFAULTS), 'step'].map((key) => [key, null]));
      api.set({ ...cleared, ...state });
      showPlay();
      open().then(() => { if (went && session) start(); });
    }

    // The network's line, by buttons
    function layers(edit) {
      const next = withLayers(edit(layersOf(state.net ?? DEFAULTS.net)));
      if (next) change({ net: next });
    }
    const hiddenLike = (all) => (all.length > 1 ? all.at(-2) : 'dense 4 tanh');
    function heads(layer) {
      if (layer < 0) return el('span', {}, say('input', { n: '' }));
      const { line, kind, units } = plan.layers[layer];
      const words = line.split(' ');
      const hidden = layer + 1 < plan.layers.length;
      const title = kind === 'dense' ? `${units} ${words[2] === 'norm' ? `norm ${words[3]}` : words[2]}` : words.filter((w) => !w.includes('=')).join(' ');
      const resize = (by) => () => layers((all) => all.map((text, i) => (i === layer ? text.replace(/^(\s*dense\s+)(\d+)/, (_, a, n) => `${a}${Math.max(1, Number(n) + by)}`) : text)));
      return [el('span', { title: line }, title), hidden && kind === 'dense' ? el('span', { class: 'resize' },
        button('less', '−', resize(-1), { disabled: units <= 1 }), button('more', '+', resize(1))) : null];
    }
    let resting = null;
    function look(what) {
      const next = what && what.unit !== undefined && what.layer >= 0 ? [what.layer, what.unit] : null;
      if (String(next) !== String(focus)) {
        focus = next;
        if (next === null) paintSurface();
        clearTimeout(resting);
        if (next && !playing && session) resting = setTimeout(async () => apply(await ask({ by: 0 })), 60);
      }
      if (!what || !frame) { reading.textContent = say('hint'); return; }
      reading.replaceChildren(...words.of(what));
    }
    function choose(what) {
      const bias = what.layer >= 0 && what.unit !== undefined ? plan.layers[what.layer].bias : null;
      const weight = what.weight ?? (bias ? bias.at + what.unit : undefined);
      if (weight === undefined) return;
      const query = new URLSearchParams({ ...chosen(state), weight: String(weight), ...(frame.place.step ? { step: String(frame.place.step) } : {}) });
      reading.replaceChildren(...words.of(what), ' ', el('a', { href: `#/bench/weight?${query}` }, say('glass')));
    }

    // The square
    function hovered(at) {
      if (!at || !plan || !frame) { under.textContent = plan?.testPoints.length ? say('dot') : ''; return; }
      const [x, y] = [plan.centre[0] + plan.unit[0] * at[0], plan.centre[1] + plan.unit[1] * at[1]];
      const values = square.read(at) ?? [];
      const real = plan.classes ? values : values.map((v) => plan.level[0] + plan.level[1] * v);
      under.textContent = say('here', { x: round(x, 3), y: round(y, 3), v: real.map((v) => round(v, 3)).join(', ') });
    }

    let asking = null;
    travel.addEventListener('input', () => {
      playing = false;
      showPlay();
      const wanted = Number(travel.value);
      if (asking !== null) { asking = wanted; return; }
      asking = wanted;
      (async () => {
        // Only the last place asked for counts.
        while (asking !== null) {
          const now = asking;
          await arrive(now);
          if (asking === now) asking = null;
        }
        remember();
      })();
    });

    showPlay();
    open(Math.min(1e6, Math.max(0, Math.floor(Number(state.step) || 0))));
    return {
      unmount() {
        dead = true;
        playing = false;
        square.destroy();
        drawing.destroy();
        chart.destroy();
      },
    };
  },
};
