import { Alert, List, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { ChoiceField, CountField, Fields, TextField } from '../../app/fields.tsx';
import { Panel } from '../../app/page.tsx';
import type { EmbeddingSettings, EmbeddingSource, ModelSettings, ShownModel } from './model-queries.ts';

const uses = ['intents', 'search'] as const;
const sources: readonly EmbeddingSource[] = ['none', 'server', 'local'];
const prefixes = ['queryPrefix', 'passagePrefix'] as const;

/** Where vectors of texts come from, for what, and how that goes. */
export function EmbeddingsPanel(props: {
  settings: ModelSettings;
  change: (patch: Partial<ModelSettings>) => void;
  shown: ShownModel['embeddings'];
}) {
  const { t } = useTranslation();
  const { settings, shown } = props;
  const { embeddings } = settings;
  const change = (patch: Partial<EmbeddingSettings>) => {
    const next = { ...embeddings, ...patch };
    const needsServer = uses.some((use) => next[use] === 'server');
    // Whoever chooses the server means that it may be asked.
    props.change({ embeddings: next, ...(needsServer ? { uses: { ...settings.uses, embeddings: true } } : {}) });
  };
  const labelOf = (use: (typeof uses)[number], source: EmbeddingSource) =>
    source === 'none' ? t(`languageModel.embeddings.without.${use}`) : t(`languageModel.embeddings.from.${source}`);
  return (
    <Panel title={t('languageModel.embeddings.title')} hint={t('languageModel.embeddings.hint')}>
      <Fields>
        {uses.map((use) => (
          <ChoiceField
            key={use}
            path={`embeddings.${use}`}
            label={t(`languageModel.embeddings.use.${use}`)}
            description={t(`languageModel.embeddings.useHint.${use}`)}
            value={embeddings[use]}
            data={sources
              .filter((source) => source !== 'local' || shown.local !== null || embeddings[use] === 'local')
              .map((source) => ({ value: source, label: labelOf(use, source) }))}
            onChange={(source) => change({ [use]: source })}
          />
        ))}
        <CountField
          path="embeddings.waitMs"
          label={t('languageModel.embeddings.waitMs')}
          description={t('languageModel.embeddings.waitMsHint')}
          min={20}
          max={5_000}
          value={embeddings.waitMs}
          onChange={(waitMs) => waitMs !== undefined && change({ waitMs })}
        />
        {prefixes.map((prefix) => (
          <TextField
            key={prefix}
            path={`embeddings.${prefix}`}
            label={t(`languageModel.embeddings.${prefix}`)}
            description={t('languageModel.embeddings.prefixHint')}
            value={embeddings[prefix]}
            onChange={(text) => change({ [prefix]: text })}
          />
        ))}
      </Fields>
      <EmbeddingsState shown={shown} />
    </Panel>
  );
}

function EmbeddingsState({ shown }: { shown: ShownModel['embeddings'] }) {
  const { t } = useTranslation();
  const { local, search, intents } = shown;
  const counted = (use: typeof intents) =>
    t('languageModel.embeddings.counted', { answered: use.answered, missed: use.missed });
  const problems = [local?.detail, search.problem, intents.problem].filter((text) => typeof text === 'string');
  return (
    <section aria-label={t('languageModel.embeddings.state')} aria-live="polite">
      <List size="sm" mt="md" spacing={4}>
        <List.Item>
          <LocalModel local={local} />
        </List.Item>
        <List.Item>
          {search.serving === null
            ? t('languageModel.embeddings.searchLearnt')
            : `${t('languageModel.embeddings.searchBy', { model: search.serving })} ${counted(search)}`}
          {search.building !== null && ` ${t('languageModel.embeddings.building', { model: search.building })}`}
        </List.Item>
        <List.Item>
          {intents.model === null
            ? t('languageModel.embeddings.intentsPlain')
            : `${t('languageModel.embeddings.intentsBy', { model: intents.model })} ${counted(intents)}`}
        </List.Item>
      </List>
      {[...new Set(problems)].map((problem) => (
        <Alert key={problem} color="orange" variant="light" mt="sm">
          {problem}
        </Alert>
      ))}
    </section>
  );
}

function LocalModel({ local }: { local: ShownModel['embeddings']['local'] }) {
  const { t } = useTranslation();
  if (local === null) return <Text size="sm">{t('languageModel.embeddings.noLocal')}</Text>;
  const { state, name = '', dimensions = 0, msPerText, dir } = local;
  if (state !== 'ready') return <>{t(`languageModel.embeddings.local.${state}`, { dir })}</>;
  const ready = t('languageModel.embeddings.local.ready', { name, n: dimensions });
  return (
    <>
      {ready} {msPerText !== undefined && t('languageModel.embeddings.msPerText', { ms: msPerText.toFixed(1) })}
    </>
  );
}
