import { Alert, Button, Group, Skeleton, Switch, Text } from '@mantine/core';
import { ApiError } from '@parley/sdk/http.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldProblem } from '../../app/api.ts';
import { ChoicesField } from '../../app/choices-field.tsx';
import { FieldErrorsProvider, fieldErrorsOf } from '../../app/field-errors.ts';
import { CountField, DurationField, Fields, TextField } from '../../app/fields.tsx';
import { notifyDone, notifyFailure } from '../../app/notify.ts';
import { Panel } from '../../app/page.tsx';
import { PasswordField } from '../../app/password-field.tsx';
import { channelsQuery } from '../../channels/channel-queries.ts';
import { EmbeddingsPanel } from './embeddings-panel.tsx';
import {
  checkModel,
  type ModelPatch,
  type ModelSettings,
  modelQuery,
  type ShownModel,
  saveModel,
} from './model-queries.ts';

/** Whether and how a language model is asked, and what it took today. */
export function LanguageModelPart() {
  const { data } = useQuery(modelQuery);
  if (data === undefined) return <Skeleton height={320} radius="md" />;
  return <ModelForm shown={data} />;
}

type Change = (patch: Partial<ModelSettings>) => void;
type PanelProps = { readonly settings: ModelSettings; readonly change: Change };

function ModelForm({ shown }: { shown: ShownModel }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [settings, setSettings] = useState(shown.settings);
  const [key, setKey] = useState('');
  const [errors, setErrors] = useState<ReadonlyMap<string, string>>(new Map());
  const change: Change = (patch) => setSettings((before) => ({ ...before, ...patch }));

  const { apiKey: _, ...rest } = settings;
  const patch: ModelPatch = key === '' ? rest : { ...rest, apiKey: key };
  const onError = (error: unknown) => {
    if (error instanceof ApiError && error.field !== undefined)
      setErrors(new Map([[error.field, fieldProblem(error)]]));
    else notifyFailure(error);
  };
  const save = useMutation({
    mutationFn: () => saveModel(patch),
    onSuccess: (next) => {
      client.setQueryData(modelQuery.queryKey, next);
      void client.invalidateQueries({ queryKey: ['assist'] });
      setSettings(next.settings);
      setKey('');
      setErrors(new Map());
      notifyDone(t('languageModel.saved'));
    },
    onError,
  });
  const check = useMutation({ mutationFn: () => checkModel(patch), onMutate: () => setErrors(new Map()), onError });

  return (
    <FieldErrorsProvider value={fieldErrorsOf(errors)}>
      <TodayPanel shown={shown} />
      <ServerPanel settings={settings} change={change} apiKey={key} onApiKey={setKey}>
        <Group gap="sm" mt="md">
          <Button variant="default" loading={check.isPending} onClick={() => check.mutate()}>
            {t('languageModel.check')}
          </Button>
        </Group>
        <div aria-live="polite">{check.data !== undefined && <CheckResult {...check.data} />}</div>
      </ServerPanel>
      <UsesPanel settings={settings} change={change} />
      <EmbeddingsPanel settings={settings} change={change} shown={shown.embeddings} />
      <BudgetPanel settings={settings} change={change} />
      <Button loading={save.isPending} onClick={() => save.mutate()}>
        {t('languageModel.save')}
      </Button>
    </FieldErrorsProvider>
  );
}

function TodayPanel({ shown }: { shown: ShownModel }) {
  const { t, i18n } = useTranslation();
  const { today, state, settings } = shown;
  const number = new Intl.NumberFormat(i18n.language);
  const money = new Intl.NumberFormat(i18n.language, {
    style: 'currency',
    currency: settings.prices.currency,
    maximumFractionDigits: 4,
  });
  const values = {
    tokens: number.format(today.tokens),
    cost: money.format(today.cost),
    calls: number.format(today.calls),
  };
  return (
    <Panel title={t('languageModel.today')}>
      <Text size="sm">{t('languageModel.spent', values)}</Text>
      {state.circuit !== 'closed' && (
        <Alert color="orange" mt="sm">
          {t('languageModel.resting')}
        </Alert>
      )}
    </Panel>
  );
}

function ServerPanel(
  props: PanelProps & { apiKey: string; onApiKey: (key: string) => void; children: React.ReactNode },
) {
  const { t } = useTranslation();
  const { settings, change } = props;
  const { apiKey } = settings;
  const keyHint = apiKey.unreadable ? 'keyUnreadable' : apiKey.set ? 'keySet' : 'keyNone';
  return (
    <Panel title={t('languageModel.server')} hint={t('languageModel.serverHint')}>
      <Switch
        mb="md"
        label={t('languageModel.enabled')}
        checked={settings.enabled}
        onChange={(event) => change({ enabled: event.currentTarget.checked })}
      />
      <Switch
        mb="md"
        label={t('languageModel.noStorage')}
        description={t('languageModel.noStorageHint')}
        checked={settings.noStorage}
        onChange={(event) => change({ noStorage: event.currentTarget.checked })}
      />
      <Fields>
        <TextField
          path="baseUrl"
          label={t('languageModel.baseUrl')}
          description={t('languageModel.baseUrlHint')}
          placeholder="https://api.example.com/v1"
          value={settings.baseUrl}
          onChange={(baseUrl) => change({ baseUrl })}
        />
        <PasswordField
          label={t('languageModel.apiKey')}
          description={t(`languageModel.${keyHint}`)}
          autoComplete="off"
          value={props.apiKey}
          onChange={(event) => props.onApiKey(event.currentTarget.value)}
        />
        <TextField
          path="model"
          label={t('languageModel.model')}
          value={settings.model}
          onChange={(model) => change({ model })}
        />
        <TextField
          path="embeddingModel"
          label={t('languageModel.embeddingModel')}
          value={settings.embeddingModel ?? ''}
          onChange={(name) => change({ embeddingModel: name === '' ? null : name })}
        />
        <CountField
          path="temperature"
          label={t('languageModel.temperature')}
          min={0}
          max={2}
          step={0.1}
          decimals={2}
          value={settings.temperature ?? undefined}
          onChange={(n) => change({ temperature: n ?? null })}
        />
        <DurationField
          path="timeoutMs"
          label={t('languageModel.timeout')}
          value={settings.timeoutMs}
          onChange={(timeoutMs) => timeoutMs !== undefined && change({ timeoutMs })}
        />
        <DurationField
          path="silenceMs"
          label={t('languageModel.silence')}
          value={settings.silenceMs}
          onChange={(silenceMs) => silenceMs !== undefined && change({ silenceMs })}
        />
        <CountField
          path="maxAnswerTokens"
          label={t('languageModel.maxAnswerTokens')}
          min={16}
          value={settings.maxAnswerTokens}
          onChange={(n) => n !== undefined && change({ maxAnswerTokens: n })}
        />
        <CountField
          path="maxConcurrent"
          label={t('languageModel.maxConcurrent')}
          min={1}
          value={settings.maxConcurrent}
          onChange={(n) => n !== undefined && change({ maxConcurrent: n })}
        />
      </Fields>
      {props.children}
    </Panel>
  );
}

/** The colour's own shade is too light to be read on its ground. */
const plainTitle = { title: { color: 'var(--mantine-color-text)' } };

function CheckResult({ ok, tookMs, dimensions, problem }: Awaited<ReturnType<typeof checkModel>>) {
  const { t } = useTranslation();
  return (
    <Alert
      color={ok ? 'green' : 'red'}
      mt="md"
      title={t(ok ? 'languageModel.checkOk' : 'languageModel.checkFailed')}
      styles={plainTitle}
    >
      {ok ? t('languageModel.checkTook', { ms: tookMs ?? 0 }) : problem}
      {typeof dimensions === 'number' && ` ${t('languageModel.checkVectors', { n: dimensions })}`}
    </Alert>
  );
}

const uses = ['assist', 'answers', 'embeddings'] as const;

function UsesPanel({ settings, change }: PanelProps) {
  const { t } = useTranslation();
  const { data: channels = [] } = useQuery(channelsQuery);
  return (
    <Panel title={t('languageModel.uses')} hint={t('languageModel.usesHint')}>
      <Fields>
        {uses.map((use) => (
          <Switch
            key={use}
            label={t(`languageModel.use.${use}`)}
            checked={settings.uses[use]}
            onChange={(event) => change({ uses: { ...settings.uses, [use]: event.currentTarget.checked } })}
          />
        ))}
        <ChoicesField
          path="channelsOff"
          label={t('languageModel.channelsOff')}
          description={t('languageModel.channelsOffHint')}
          value={settings.channelsOff}
          data={channels.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(channelsOff) => change({ channelsOff })}
        />
      </Fields>
    </Panel>
  );
}

const bounds = ['tokensPerDay', 'tokensPerConversation', 'costPerDay', 'costPerConversation'] as const;
const prices = ['input', 'output', 'embedding'] as const;

function BudgetPanel({ settings, change }: PanelProps) {
  const { t } = useTranslation();
  return (
    <Panel title={t('languageModel.budget')} hint={t('languageModel.budgetHint')}>
      <Fields>
        {bounds.map((bound) => (
          <CountField
            key={bound}
            path={`budget.${bound}`}
            label={t(`languageModel.bound.${bound}`)}
            min={0}
            decimals={bound.startsWith('cost') ? 4 : 0}
            value={settings.budget[bound] ?? undefined}
            onChange={(n) => change({ budget: { ...settings.budget, [bound]: n ?? null } })}
          />
        ))}
        {prices.map((price) => (
          <CountField
            key={price}
            path={`prices.${price}`}
            label={t(`languageModel.price.${price}`)}
            min={0}
            decimals={4}
            value={settings.prices[price]}
            onChange={(n) => change({ prices: { ...settings.prices, [price]: n ?? 0 } })}
          />
        ))}
        <TextField
          path="prices.currency"
          label={t('languageModel.price.currency')}
          value={settings.prices.currency}
          onChange={(currency) => change({ prices: { ...settings.prices, currency: currency.toUpperCase() } })}
        />
      </Fields>
    </Panel>
  );
}
