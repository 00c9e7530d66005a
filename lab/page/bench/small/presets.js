// Settings that show something.

const net = (hidden, end = 'dense 1 sigmoid') => [hidden, end].filter(Boolean).join(', ');

export const PRESETS = [
  {
    name: { en: 'A line is not enough', zh: '一条直线不够' },
    about: {
      en: 'XOR with no hidden layer: one neuron draws one straight line, and the loss stays at ln 2 = 0.693, as good as guessing.',
      zh: '没有隐藏层的异或：一个神经元只能画一条直线，损失停在 ln 2 = 0.693，与瞎猜无异。',
    },
    state: { data: 'xor', net: net(''), lr: '0.03' },
  },
  {
    name: { en: 'XOR, four neurons', zh: '异或，四个神经元' },
    about: {
      en: 'A hidden layer bends the plane: each neuron draws one line, the last joins them.',
      zh: '隐藏层把平面折弯：每个神经元画一条线，最后一个把它们合起来。',
    },
    state: { data: 'xor', net: net('dense 4 tanh'), lr: '0.03' },
  },
  {
    name: { en: 'Circle, by features', zh: '圆，靠特征' },
    about: {
      en: 'No hidden layer again, but the network is given x² and y²: its straight line in them is an ellipse here.',
      zh: '同样没有隐藏层，但输入里有 x² 和 y²：它们中的直线在这里就是椭圆。',
    },
    state: { data: 'circle', features: 'x,y,xx,yy', net: net(''), lr: '0.1' },
  },
  {
    name: { en: 'Spiral, relu', zh: '螺旋，relu' },
    about: {
      en: 'Two layers of sixteen relus learn the spiral with Adam in some hundred steps; the surface is made of flat pieces.',
      zh: '两层各十六个 relu，用 Adam 几百步就学会螺旋；曲面由平面片拼成。',
    },
    state: { data: 'spiral', noise: '0.02', net: net('dense 16 relu, dense 16 relu'), lr: '0.01' },
  },
  {
    name: { en: 'Spiral, tanh: stuck', zh: '螺旋，tanh：卡住' },
    about: {
      en: 'The same with tanh: thousands of steps on a plateau where nothing seems to happen. Play it fast; then try another seed.',
      zh: '换成 tanh：在平台上走几千步，似乎毫无进展。请快速播放，再换个种子试试。',
    },
    state: { data: 'spiral', noise: '0.02', net: net('dense 8 tanh, dense 8 tanh'), lr: '0.01' },
  },
  {
    name: { en: 'Plain descent, same spiral', zh: '普通梯度下降' },
    about: {
      en: 'Stochastic gradient descent, at ten times the rate: compare how far it is after as many steps as Adam took.',
      zh: '随机梯度下降，学习率是十倍：比较同样步数后它走了多远。',
    },
    state: { data: 'spiral', noise: '0.02', net: net('dense 16 relu, dense 16 relu'), optimizer: 'sgd', lr: '0.1' },
  },
  {
    name: { en: 'Overfitting', zh: '过拟合' },
    about: {
      en: 'Twenty-four noisy examples and a large network: the training loss goes to zero while the test loss rises. Then set L2 to 0.01.',
      zh: '二十四个带噪声的样本配一个大网络：训练损失趋于零，测试损失却上升。再把 L2 设为 0.01 看看。',
    },
    state: { data: 'moons', noise: '0.3', examples: '24', net: net('dense 32 tanh, dense 32 tanh'), lr: '0.01', batch: 'all' },
  },
  {
    name: { en: 'Too fast', zh: '太快了' },
    about: {
      en: 'Gradient descent on values with a rate of 2: it leaps over the valley, further every time, until the numbers end.',
      zh: '回归，学习率为 2 的梯度下降：每次都跃过谷底，越来越远，直到数值溢出。',
    },
    state: { data: 'saddle', net: 'dense 8 relu, dense 1', loss: 'squared_error', optimizer: 'sgd', lr: '2', batch: 'all' },
  },
  {
    name: { en: 'Three classes', zh: '三类' },
    about: {
      en: 'Softmax at the end: a share for each class, which together make one.',
      zh: '末端是 softmax：每一类占一个份额，合起来等于一。',
    },
    state: { data: 'pinwheel', net: 'dense 12 tanh, dense 3 softmax', loss: 'softmax_cross_entropy', lr: '0.03' },
  },
  {
    name: { en: 'A value, not a class', zh: '回归' },
    about: {
      en: 'Regression: the network learns the height of a saddle, x² − y².',
      zh: '回归：网络学习马鞍面 x² − y² 的高度。',
    },
    state: { data: 'saddle', net: 'dense 8 tanh, dense 1', loss: 'squared_error', lr: '0.01' },
  },
  {
    name: { en: 'No gradient at all', zh: '完全不用梯度' },
    about: {
      en: 'A genetic algorithm breeds the weights: a population of networks, selection, crossover, mutation.',
      zh: '遗传算法繁殖权重：一群网络，选择、交叉、变异。',
    },
    state: { data: 'xor', net: net('dense 4 tanh'), optimizer: 'genetic', batch: 'all' },
  },
];
