import { SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { type Language, languageNames, languages } from '../words/choose-language.ts';
import { setLanguage } from '../words/i18n.ts';

const schemes = ['light', 'dark', 'auto'] as const;
type Scheme = (typeof schemes)[number];

export function LanguageSwitch() {
  const { t, i18n } = useTranslation();
  return (
    <SegmentedControl<Language>
      size="xs"
      aria-label={t('profile.language')}
      value={i18n.language === 'zh-CN' ? 'zh-CN' : 'en'}
      data={languages.map((language) => ({ value: language, label: languageNames[language] }))}
      onChange={(language) => void setLanguage(language)}
    />
  );
}

export function ColorSchemeSwitch() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl<Scheme>
      size="xs"
      aria-label={t('profile.colorScheme')}
      value={colorScheme}
      data={schemes.map((scheme) => ({ value: scheme, label: t(`profile.${scheme}`) }))}
      onChange={setColorScheme}
    />
  );
}
