import { Button, Group, Select, Text, Textarea, TextInput } from '@mantine/core';
import type { AddressSource, CodeDelivery, FlowStep } from '@parley/sdk/flow-document.ts';
import { useTranslation } from 'react-i18next';

type IdentityStep = FlowStep & { kind: 'identity' };
type SourceKind = 'email' | 'phone' | 'attribute' | 'answer';
const sourceKinds: readonly SourceKind[] = ['email', 'phone', 'answer', 'attribute'];
const mostSources = 5;

/** From where the address is known to which a code is sent, and how it gets there. */
export function IdentityFields({ step, set }: { step: IdentityStep; set: (next: FlowStep) => void }) {
  const { t } = useTranslation();
  const { sources } = step;
  const change = (index: number, next: AddressSource | null) => {
    const changed = sources.flatMap((each, i) => (i === index ? (next ?? []) : each));
    set({ ...step, sources: changed });
  };
  return (
    <>
      <Text size="sm" c="dimmed">
        {t('dialogue.identity.hint')}
      </Text>
      {sources.map((source, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two may be the same, and each is where it is
        <SourceField key={index} index={index} source={source} isOnly={sources.length === 1} change={change} />
      ))}
      <Button
        style={{ alignSelf: 'flex-start' }}
        size="compact-sm"
        variant="default"
        disabled={sources.length >= mostSources}
        onClick={() => set({ ...step, sources: [...sources, { kind: 'contact', field: 'email' }] })}
      >
        {t('dialogue.identity.addSource')}
      </Button>
      <TextInput
        label={t('dialogue.identity.mustEqual')}
        description={t('dialogue.identity.mustEqualHint')}
        value={step.mustEqual ?? ''}
        onChange={(event) => set({ ...step, mustEqual: event.currentTarget.value || null })}
      />
      <DeliveryFields send={step.send} onChange={(send) => set({ ...step, send })} />
    </>
  );
}

function SourceField(props: {
  index: number;
  source: AddressSource;
  isOnly: boolean;
  change: (index: number, next: AddressSource | null) => void;
}) {
  const { t } = useTranslation();
  const { index, source, isOnly, change } = props;
  const kind: SourceKind = source.kind === 'contact' ? source.field : source.kind;
  const label = t(index === 0 ? 'dialogue.identity.source' : 'dialogue.identity.otherSource');
  return (
    <>
      <Group align="end" wrap="nowrap">
        <Select
          style={{ flex: 1 }}
          label={label}
          data={sourceKinds.map((value) => ({ value, label: t(`dialogue.identity.sources.${value}`) }))}
          value={kind}
          allowDeselect={false}
          onChange={(next) => next !== null && change(index, sourceOf(next))}
        />
        {!isOnly && (
          <Button variant="subtle" color="gray" onClick={() => change(index, null)}>
            {t('dialogue.remove')}
          </Button>
        )}
      </Group>
      {source.kind === 'attribute' && (
        <TextInput
          label={t('dialogue.identity.attribute')}
          value={source.name}
          onChange={(event) => change(index, { ...source, name: event.currentTarget.value })}
        />
      )}
      {source.kind === 'answer' && (
        <TextInput
          label={t('dialogue.identity.slot')}
          description={t('dialogue.identity.slotHint')}
          value={source.slot}
          onChange={(event) => change(index, { ...source, slot: event.currentTarget.value })}
        />
      )}
    </>
  );
}

function sourceOf(kind: SourceKind): AddressSource {
  if (kind === 'attribute') return { kind, name: 'email' };
  return kind === 'answer' ? { kind, slot: 'email' } : { kind: 'contact', field: kind };
}

function DeliveryFields({ send, onChange }: { send: CodeDelivery; onChange: (send: CodeDelivery) => void }) {
  const { t } = useTranslation();
  const body = '{"to": "{address}", "text": "{code}"}';
  const called: CodeDelivery = { kind: 'http', method: 'POST', url: 'https://', body, timeoutMs: 5_000 };
  return (
    <>
      <Select
        label={t('dialogue.identity.send')}
        data={(['email', 'http'] as const).map((value) => ({ value, label: t(`dialogue.identity.by.${value}`) }))}
        value={send.kind}
        allowDeselect={false}
        onChange={(kind) => kind !== null && kind !== send.kind && onChange(kind === 'http' ? called : { kind })}
      />
      {send.kind === 'http' && (
        <>
          <TextInput
            label={t('dialogue.url')}
            value={send.url}
            onChange={(event) => onChange({ ...send, url: event.currentTarget.value })}
          />
          <Textarea
            autosize
            label={t('dialogue.body')}
            description={t('dialogue.identity.bodyHint')}
            value={send.body}
            onChange={(event) => onChange({ ...send, body: event.currentTarget.value })}
          />
        </>
      )}
    </>
  );
}
