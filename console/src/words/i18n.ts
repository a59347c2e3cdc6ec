import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { localStore } from '../app/local-store.ts';
import { chooseLanguage, type Language } from './choose-language.ts';
import { en } from './en.ts';
import { zhCn } from './zh-cn.ts';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof en };
  }
}

const storageKey = 'parley.language';

/** Loads the words and chooses the language: the one that was set here, else the browser's. */
export async function startWords(): Promise<void> {
  i18next.on('languageChanged', (language) => {
    document.documentElement.lang = language;
  });
  await i18next.use(initReactI18next).init({
    resources: { en: { translation: en }, 'zh-CN': { translation: zhCn } },
    lng: chooseLanguage(localStore.get(storageKey), navigator.languages),
    fallbackLng: 'en',
    // React escapes what it renders.
    interpolation: { escapeValue: false },
  });
}

export async function setLanguage(language: Language): Promise<void> {
  localStore.set(storageKey, language);
  await i18next.changeLanguage(language);
}
