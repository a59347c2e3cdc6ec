import { Textarea } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFieldErrors } from '../app/field-errors.ts';
import styles from './routing.module.css';

type Texts = Readonly<Record<string, string>>;
/** The languages of the console; the document may hold more, which stay. */
const offered = ['zh-CN', 'en'] as const;

/** A text for each language, and one for everybody else. */
export function AnswerTexts({
  texts,
  path,
  onChange,
}: {
  texts: Texts;
  path: string;
  onChange: (next: Texts) => void;
}) {
  const { t } = useTranslation();
  const { errorAt } = useFieldErrors();
  const languages = ['default', ...new Set([...offered, ...Object.keys(texts)].filter((key) => key !== 'default'))];
  return (
    <div className={styles.answers}>
      {languages.map((language) => (
        <Textarea
          key={language}
          data-field={`${path}.${language}`}
          label={language === 'default' ? t('routing.answerDefault') : t('routing.answerIn', { language })}
          placeholder={language === 'default' ? '' : t('routing.answerAsDefault')}
          autosize
          minRows={1}
          maxRows={8}
          maxLength={4_000}
          value={texts[language] ?? ''}
          error={errorAt(`${path}.${language}`)}
          onChange={(event) => {
            const text = event.currentTarget.value;
            const { [language]: _, ...rest } = texts;
            onChange(text === '' && language !== 'default' ? rest : { ...rest, [language]: text });
          }}
        />
      ))}
    </div>
  );
}
