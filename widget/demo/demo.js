// A host page as any other: it queues its calls until the widget has loaded.
window.Parley ||= (...call) => {
  window.Parley.q ||= [];
  window.Parley.q.push(call);
};

const words = {
  en: {
    notice: 'Demo data: this shop does not exist, and nothing here can be bought.',
    brand: 'Demo shop',
    title: 'Quiet things for a small home',
    lead: 'Look around, then write to us in the corner. Whoever is signed in to the console answers.',
    ask: 'Ask us anything',
    scene: 'A table with a plant, a steaming mug and two books',
    shelf: 'On the shelf',
    mug: 'Stoneware mug',
    plant: 'Potted fern',
    lamp: 'Reading lamp',
    notebook: 'Stack of notebooks',
    askThis: 'Ask about it',
    question: (thing) => `Hello! Is the “${thing}” in stock?`,
    footer: 'A fictional shop that comes with Parley, to try the chat on a page.',
    light: 'Light',
    dark: 'Dark',
    other: '中文',
  },
  'zh-CN': {
    notice: '演示数据：本店纯属虚构，页面上的商品无法购买。',
    brand: '演示商店',
    title: '小家里的安静好物',
    lead: '随便逛逛，然后在右下角给我们留言。登录控制台的人会回复您。',
    ask: '咨询客服',
    scene: '桌上放着一盆绿植、一杯热饮和两本书',
    shelf: '货架',
    mug: '粗陶马克杯',
    plant: '蕨类盆栽',
    lamp: '阅读台灯',
    notebook: '笔记本套装',
    askThis: '咨询这件商品',
    question: (thing) => `您好！请问“${thing}”有现货吗？`,
    footer: '随 Parley 附带的虚构商店，用来在网页上试用聊天。',
    light: '浅色',
    dark: '深色',
    other: 'English',
  },
};

const wish = new URLSearchParams(location.search).get('lang') ?? navigator.language;
let locale = /^zh\b/i.test(wish) ? 'zh-CN' : 'en';
let dark = matchMedia('(prefers-color-scheme: dark)').matches;

function draw() {
  const say = words[locale];
  document.documentElement.lang = locale;
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  for (const element of document.querySelectorAll('[data-words]')) element.textContent = say[element.dataset.words];
  for (const element of document.querySelectorAll('[data-label]')) element.ariaLabel = say[element.dataset.label];
  document.querySelector('#language').textContent = say.other;
  document.querySelector('#language').lang = locale === 'en' ? 'zh-CN' : 'en';
  document.querySelector('#theme').textContent = dark ? say.light : say.dark;
  window.Parley('setLocale', locale);
}

document.querySelector('#language').addEventListener('click', () => {
  locale = locale === 'en' ? 'zh-CN' : 'en';
  draw();
});
document.querySelector('#theme').addEventListener('click', () => {
  dark = !dark;
  draw();
  window.Parley('setTheme', dark ? 'dark' : 'light');
});
document.querySelector('#ask').addEventListener('click', () => window.Parley('open'));
for (const button of document.querySelectorAll('[data-ask]')) {
  button.addEventListener('click', () => {
    window.Parley('prefill', words[locale].question(words[locale][button.dataset.ask]));
    window.Parley('open');
  });
}
draw();
