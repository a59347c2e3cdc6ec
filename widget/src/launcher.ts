import type { Locale, Theme } from './api.ts';
import type { ChannelConfig } from './chat-contract.ts';
import { textOn } from './colors.ts';
import css from './launcher.css?inline';

/** The round button in the page's corner, and the shadow root in which the chat will draw itself. */
export interface Launcher {
  readonly root: ShadowRoot;
  setOpen(open: boolean): void;
  setUnread(count: number): void;
  setLocale(locale: Locale): void;
  setTheme(theme: Theme): void;
  remove(): void;
}

const words = {
  en: {
    open: 'Open chat',
    close: 'Close chat',
    unread: (count: number) => `, ${count} unread message${count > 1 ? 's' : ''}`,
  },
  'zh-CN': { open: '打开聊天', close: '关闭聊天', unread: (count: number) => `，${count} 条未读消息` },
} as const;

/** Their names are their classes too, and no part of the chat may have the same: its style sheet comes into this root. */
const shapes = {
  talk: 'M12 3.5c-5 0-9 3.4-9 7.7 0 2.4 1.3 4.5 3.3 5.9v3.4l3.6-2c.7.2 1.4.3 2.1.3 5 0 9-3.3 9-7.6S17 3.5 12 3.5Z',
  fold: 'm5.5 9 6.5 6.5L18.5 9',
} as const;
const svgSpace = 'http://www.w3.org/2000/svg';

export function createLauncher(options: {
  config: ChannelConfig;
  theme: Theme;
  page: boolean;
  locale: Locale;
  onClick: () => void;
  onNear: () => void;
}): Launcher {
  const { config } = options;
  let { locale } = options;
  let unread = 0;
  let isOpen = false;

  const host = document.createElement('parley-widget');
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`${css}:host{--accent:${config.color};--on-accent:${textOn(config.color)}}`);
  root.adoptedStyleSheets = [sheet];
  const corner = element('div', '');
  const button = element('button', 'launcher');
  const badge = element('span', 'badge');
  button.type = 'button';
  badge.hidden = true;
  button.append(icon('talk'), icon('fold'));
  if (config.launcherText !== '') {
    const text = element('span', 'words');
    text.textContent = config.launcherText;
    button.append(text);
  }
  button.append(badge);
  button.addEventListener('click', options.onClick);
  button.addEventListener('pointerenter', options.onNear);
  button.addEventListener('focus', options.onNear);
  if (!options.page) corner.append(button);
  root.append(corner);

  // Frameworks that change pages without loading them may replace the body, and us with it.
  const attach = () => {
    if (host.isConnected) return;
    document.body.append(host);
    if (document.body !== watched) {
      watched = document.body;
      observer.observe(watched, { childList: true });
    }
  };
  let watched: HTMLElement | undefined;
  const observer = new MutationObserver(attach);
  observer.observe(document.documentElement, { childList: true });
  attach();
  setTheme(options.theme);
  draw();

  function setTheme(theme: Theme): void {
    corner.className = `corner ${config.position} ${theme}`;
  }

  function draw(): void {
    const say = words[locale];
    badge.hidden = unread === 0 || isOpen;
    badge.textContent = unread > 99 ? '99+' : String(unread);
    button.ariaExpanded = String(isOpen);
    button.ariaLabel = isOpen ? say.close : say.open + (unread > 0 ? say.unread(unread) : '');
    host.lang = locale;
  }

  return {
    root,
    setOpen(open) {
      // Back to where the visitor came from, but only from inside: a page that closes the chat keeps its own focus.
      const hadFocus = !open && document.activeElement === host;
      isOpen = open;
      draw();
      if (hadFocus) button.focus();
    },
    setUnread(count) {
      unread = count;
      draw();
    },
    setTheme,
    setLocale(next) {
      locale = next;
      draw();
    },
    remove() {
      observer.disconnect();
      host.remove();
    },
  };
}

function element<K extends 'div' | 'button' | 'span'>(name: K, className: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.className = className;
  return made;
}

function icon(name: keyof typeof shapes): SVGElement {
  const svg = document.createElementNS(svgSpace, 'svg');
  const path = document.createElementNS(svgSpace, 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', name);
  path.setAttribute('d', shapes[name]);
  svg.append(path);
  return svg;
}
