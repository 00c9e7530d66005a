// Words that several experiments say.

export const COMMON = {
  at: { en: 'Step', zh: '步' },
  step: { en: 'step', zh: '步' },
  steps: { en: 'Steps', zh: '步数' },
  epoch: { en: 'epoch', zh: '轮' },
  seed: { en: 'Seed', zh: '随机种子' },
  choose: { en: 'Examples', zh: '示例' },
  rate: { en: 'Learning rate η', zh: '学习率 η' },
  optimizer: { en: 'Optimizer', zh: '优化器' },
  rule: { en: 'What a step does', zh: '一步做了什么' },
  input: { en: 'input {n}', zh: '输入 {n}' },
  network: { en: 'The network and its data', zh: '网络与数据' },
  play: { en: 'Play', zh: '播放' },
  pause: { en: 'Pause', zh: '暂停' },
  back: { en: 'One step back', zh: '后退一步' },
  reset: { en: 'To the start', zh: '回到起点' },
  speed: { en: 'Speed', zh: '速度' },
  ended: { en: 'The optimizer has ended: {why}', zh: '优化器已结束：{why}' },
  cut: { en: 'Time was over before all steps were made.', zh: '时间用尽，未走完所有步。' },
};
