// The page's own words, in English and Chinese, and which of them is spoken.
//
//   t('pause')                 the word of a key in the language chosen
//   t('step', { n: 12 })       with {n} filled in
//   say({ en: '…', zh: '…' })  the same for a pair that a module brings along

/** Every word of the page. Experiments and the course bring their own pairs. */
export const words = {
  skip: { en: 'Skip to the content', zh: '跳到正文' },
  watch: { en: 'Training', zh: '训练' },
  runs: { en: 'Runs', zh: '运行记录' },
  bench: { en: 'Experiments', zh: '实验' },
  course: { en: 'Course', zh: '课程' },
  other_language: { en: '中文', zh: 'English' },
  theme_auto: { en: 'Theme: as the system', zh: '主题：跟随系统' },
  theme_light: { en: 'Theme: light', zh: '主题：浅色' },
  theme_dark: { en: 'Theme: dark', zh: '主题：深色' },
  lost: { en: 'There is no such page.', zh: '没有这个页面。' },
  failed: { en: 'This did not work: {why}', zh: '出错了：{why}' },
  no_server: { en: 'The program does not answer. Is it still running?', zh: '程序没有响应。它还在运行吗？' },
  // Charts
  chart_menu: { en: 'Chart: export and data', zh: '图表：导出与数据' },
  chart_table: { en: 'Show as table', zh: '显示数据表' },
  chart_svg: { en: 'Save as SVG', zh: '保存为 SVG' },
  chart_png: { en: 'Save as PNG', zh: '保存为 PNG' },
  chart_csv: { en: 'Save as CSV', zh: '保存为 CSV' },
  chart_close: { en: 'Hide table', zh: '隐藏数据表' },
  chart_empty: { en: 'nothing to show yet', zh: '暂无数据' },
  chart_keys: { en: 'Arrow keys read the values.', zh: '用方向键读数。' },
  from_to: { en: 'from {a} to {b}', zh: '从 {a} 到 {b}' },
  value: { en: 'value', zh: '值' },
  raw: { en: 'raw', zh: '原始' },
  step: { en: 'step', zh: '步' },
  epoch: { en: 'epoch', zh: '轮' },
  seconds: { en: 'seconds', zh: '秒' },
  loss: { en: 'loss', zh: '损失' },
  count: { en: 'count', zh: '个数' },
  // A training: where it is
  waiting: { en: 'Getting ready …', zh: '准备中……' },
  running: { en: 'Training', zh: '训练中' },
  paused: { en: 'Paused', zh: '已暂停' },
  ended: { en: 'Ended', zh: '已结束' },
  lost_contact: { en: 'The program has ended or cannot be reached; what is shown stays.', zh: '程序已结束或无法连接；已显示的内容会保留。' },
  of: { en: '{a} of {b}', zh: '{a} / {b}' },
  speed: { en: 'speed', zh: '速度' },
  steps_per_second: { en: '{n} steps/s', zh: '{n} 步/秒' },
  examples_per_second: { en: '{n} examples/s', zh: '{n} 个样本/秒' },
  time_left: { en: 'time left, at most', zh: '最多剩余' },
  time_spent: { en: 'trained for', zh: '已训练' },
  validation_accuracy: { en: 'validation accuracy', zh: '验证准确率' },
  best: { en: 'best', zh: '最佳' },
  best_in: { en: 'best: {a} (epoch {n})', zh: '最佳：{a}（第 {n} 轮）' },
  learning_rate: { en: 'learning rate', zh: '学习率' },
  train: { en: 'train', zh: '训练' },
  validation: { en: 'validation', zh: '验证' },
  averaged: { en: 'train, averaged', zh: '训练（平均）' },
  // Steering
  steer: { en: 'Steer', zh: '操控' },
  pause: { en: 'Pause', zh: '暂停' },
  go: { en: 'Go on', zh: '继续' },
  one_step: { en: 'One step', zh: '走一步' },
  save: { en: 'Save', zh: '保存' },
  saved: { en: 'A checkpoint is being written.', zh: '正在写入检查点。' },
  stop: { en: 'Stop', zh: '停止' },
  stop_sure: { en: 'End the training here? What was learned is kept and judged; it can be resumed later.', zh: '在此结束训练？已学到的会保留并评估；之后可以恢复。' },
  stop_yes: { en: 'End it', zh: '结束' },
  stop_no: { en: 'No', zh: '取消' },
  rate_times: { en: 'Learning rate ×', zh: '学习率 ×' },
  rate_set: { en: 'Set', zh: '应用' },
  rate_half: { en: 'Halve the learning rate', zh: '学习率减半' },
  rate_double: { en: 'Double the learning rate', zh: '学习率加倍' },
  record: { en: 'What was changed by hand ({n}); kept in the run, `gradus train --repeat` does it again', zh: '手动更改（{n} 项）；已记录在运行目录，`gradus train --repeat` 可原样重复' },
  after_step: { en: 'after step {n}', zh: '第 {n} 步之后' },
  change_rate: { en: 'learning rate × {f}', zh: '学习率 × {f}' },
  change_stop: { en: 'stopped', zh: '停止' },
  change_go_on: { en: 'resumed', zh: '恢复' },
  // Curves
  curves: { en: 'Curves', zh: '曲线' },
  against: { en: 'against', zh: '横轴' },
  by_step: { en: 'steps', zh: '步数' },
  by_time: { en: 'time', zh: '时间' },
  smoothing: { en: 'average over', zh: '平均' },
  beta_means: { en: 'β = {b}: about {n} steps', zh: 'β = {b}：约 {n} 步' },
  chart_loss: { en: 'Loss', zh: '损失' },
  chart_accuracy: { en: 'Validation accuracy', zh: '验证准确率' },
  chart_rate: { en: 'Learning rate', zh: '学习率' },
  log_scale: { en: 'log scale', zh: '对数坐标' },
  diversity: { en: 'Diversity of the population', zh: '种群多样性' },
  // The network
  network: { en: 'The network', zh: '网络' },
  layer: { en: 'layer', zh: '层' },
  shape: { en: 'shape', zh: '形状' },
  weights: { en: 'weights', zh: '权重' },
  input: { en: 'input', zh: '输入' },
  weights_n: { en: '{n} weights', zh: '{n} 个权重' },
  neuron: { en: 'neuron', zh: '神经元' },
  number: { en: 'number', zh: '数值' },
  from_neuron: { en: 'from', zh: '来自' },
  result: { en: 'result', zh: '输出' },
  weight: { en: 'weight', zh: '权重' },
  bias: { en: 'bias', zh: '偏置' },
  example: { en: 'example {n}', zh: '样本 {n}' },
  mean_of: { en: 'mean of {n}', zh: '{n} 个的平均' },
  neurons: { en: 'Every weight and neuron', zh: '每个权重与神经元' },
  neurons_of: { en: 'results of', zh: '输出所属' },
  neurons_about: { en: 'Orange above 0, blue below; thick lines: large weights; full circles: large results.', zh: '橙色大于 0，蓝色小于 0；线越粗权重越大，圆越满输出越大。' },
  neurons_keys: { en: 'Arrow keys go from neuron to neuron.', zh: '用方向键在神经元之间移动。' },
  inside: { en: 'Inside the network', zh: '网络内部' },
  inside_about: { en: 'Measured on {n} fixed training examples at step {s}.', zh: '在第 {s} 步，用 {n} 个固定的训练样本测得。' },
  part: { en: 'part', zh: '参数' },
  gradient: { en: 'gradient', zh: '梯度' },
  norm: { en: '‖θ‖', zh: '‖θ‖' },
  gradient_norm: { en: '‖∂L/∂θ‖', zh: '‖∂L/∂θ‖' },
  update_ratio: { en: '‖Δθ‖ / ‖θ‖', zh: '‖Δθ‖ / ‖θ‖' },
  chart_gradients: { en: 'Gradient norm', zh: '梯度范数' },
  chart_updates: { en: 'Update to weight', zh: '更新量与权重之比' },
  results: { en: 'results', zh: '输出值' },
  slopes: { en: 'slopes', zh: '梯度' },
  dead: { en: 'dead units', zh: '死亡单元' },
  saturated: { en: 'saturated', zh: '饱和' },
  show_of: { en: 'show', zh: '显示' },
  no_look: { en: 'Looking inside …', zh: '正在查看内部……' },
  first_layer: { en: 'What the first layer looks for', zh: '第一层在寻找什么' },
  first_about: { en: 'Weights of {a} of {b} units of {p} as pictures: grey is 0.', zh: '{p} 的 {b} 个单元中 {a} 个的权重图：灰色为 0。' },
  unit: { en: 'unit {n}', zh: '单元 {n}' },
  // Pictures
  pictures: { en: 'Pictures and answers', zh: '图片与回答' },
  pictures_about: { en: '{a} of {b} {part} pictures, with the weights of step {s}: {acc} right.', zh: '{b} 张{part}图片中的 {a} 张，使用第 {s} 步的权重：{acc} 正确。' },
  all: { en: 'all', zh: '全部' },
  right: { en: 'right', zh: '正确' },
  wrong: { en: 'wrong', zh: '错误' },
  least_sure: { en: 'least sure', zh: '最不确定' },
  most_sure_wrong: { en: 'surest mistakes', zh: '最自信的错误' },
  confusion: { en: 'Confusion matrix', zh: '混淆矩阵' },
  actual: { en: 'actual', zh: '实际' },
  predicted: { en: 'predicted', zh: '预测' },
  open_cell: { en: '{a}, taken for {b}: {n}', zh: '{a} 被判为 {b}：{n}' },
  cell_shown: { en: 'only {a} taken for {b}', zh: '仅显示 {a} 被判为 {b}' },
  show_all: { en: 'show all', zh: '显示全部' },
  more: { en: 'Show more ({n})', zh: '显示更多（{n}）' },
  none_here: { en: 'No such pictures.', zh: '没有这样的图片。' },
  picture_is: { en: '{a}; the network says {b}, {p}', zh: '{a}；网络判断为 {b}，{p}' },
  // Runs side by side
  runs_about: { en: 'Curves of {n} runs over one another, and where their settings differ. Runs under way are read again every few seconds.', zh: '将 {n} 次运行的曲线叠加，并标出设置的差异。进行中的运行每隔几秒重新读取。' },
  by_epoch: { en: 'epochs', zh: '轮数' },
  chart_validation_loss: { en: 'Validation loss', zh: '验证损失' },
  chart_train_loss: { en: 'Training loss', zh: '训练损失' },
  run: { en: 'run', zh: '运行' },
  run_state: { en: 'state', zh: '状态' },
  finished: { en: 'finished', zh: '已完成' },
  unfinished: { en: 'not finished', zh: '未完成' },
  failed_run: { en: 'went wrong at step {n}', zh: '第 {n} 步出错' },
  steered: { en: 'steered by hand {n} times', zh: '手动操控 {n} 次' },
  epochs: { en: 'epochs', zh: '轮数' },
  best_accuracy: { en: 'best validation accuracy', zh: '最佳验证准确率' },
  best_loss: { en: 'least validation loss', zh: '最小验证损失' },
  linear_model: { en: 'linear model', zh: '线性模型' },
  settings: { en: 'Settings', zh: '设置' },
  setting: { en: 'setting', zh: '设置项' },
  only_differences: { en: 'only differences', zh: '仅显示差异' },
  same_settings: { en: 'All settings are the same.', zh: '所有设置都相同。' },
  networks: { en: 'Networks', zh: '网络' },
  // Verdicts
  verdict: { en: 'Something went wrong at step {n}', zh: '第 {n} 步出了问题' },
  cause: { en: 'Likely cause', zh: '可能的原因' },
  mend: { en: 'What to do', zh: '怎么办' },
  theta: { en: 'θ {h}', zh: 'θ {h}' },
  // The course
  course_about: {
    en: 'From a single neuron to a program that tells cats from dogs: how networks learn, with numbers worked through and an experiment in every chapter.',
    zh: '从一个神经元到能分辨猫狗的程序：网络怎样学习。每一章都有算到底的数字和可以动手的实验。',
  },
  contents: { en: 'Contents', zh: '目录' },
  chapters: { en: 'Chapters', zh: '章节' },
  chapter: { en: 'Chapter {n}', zh: '第 {n} 章' },
  chapter_before: { en: 'Previous', zh: '上一章' },
  chapter_after: { en: 'Next', zh: '下一章' },
  on_the_bench: { en: 'Open on the bench', zh: '在实验台上打开' },
};

/** The languages of the page. */
export const LANGUAGES = ['en', 'zh'];

let chosen = read() ?? ((navigator.language ?? '').startsWith('zh') ? 'zh' : 'en');
const listeners = new Set();

function read() {
  try {
    const kept = localStorage.getItem('gradus-language');
    return LANGUAGES.includes(kept) ? kept : null;
  } catch {
    return null;
  }
}

/** `en` or `zh`. */
export const language = () => chosen;

/** Speaks another language from now on, and tells everyone who asked. */
export function speak(wanted) {
  chosen = wanted;
  try {
    localStorage.setItem('gradus-language', wanted);
  } catch {
    // Kept for this page only.
  }
  for (const listener of listeners) listener();
}

/** Calls `listener` when the language changes. */
export const onLanguage = (listener) => listeners.add(listener);

/** What a pair says in the language chosen. */
export const say = (pair) => (typeof pair === 'string' ? pair : (pair[chosen] ?? pair.en));

/** The word of a key, with `{name}`s filled in. */
export function t(key, values = {}) {
  const pair = words[key];
  if (!pair) throw new Error(`words.js has no word ${key}`);
  return say(pair).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}
