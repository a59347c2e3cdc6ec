import { Select, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Fields } from '../../app/fields.tsx';
import { Panel } from '../../app/page.tsx';
import { groupsQuery } from '../../transfer/group-queries.ts';
import { botLanguages, type IntentReaction, type SettingsProps } from './bot-settings.ts';
import { flowsQuery } from './dialogue-queries.ts';
import { IntentField } from './intent-field.tsx';
import { AddRow, ListedRow, withEntry } from './listed-row.tsx';

/** What the bot does on an intent, beside the answers that are kept with the intents. */
export function ReactionsPanel({ settings, patch }: SettingsProps) {
  const { t } = useTranslation();
  const { reactions } = settings;
  const added: IntentReaction = { intent: '', labels: {}, does: { kind: 'hand-off' }, groupId: null };
  return (
    <Panel title={t('dialogue.reactions')} hint={t('dialogue.reactionsHint')}>
      {reactions.map((reaction, index) => (
        <Reaction
          // biome-ignore lint/suspicious/noArrayIndexKey: a reaction has no name until one is typed, and stays where it is
          key={index}
          reaction={reaction}
          onChange={(next) => patch({ reactions: withEntry(reactions, index, next) })}
        />
      ))}
      <AddRow label={t('dialogue.addReaction')} onAdd={() => patch({ reactions: [...reactions, added] })} />
    </Panel>
  );
}

function Reaction(props: { reaction: IntentReaction; onChange: (next: IntentReaction | undefined) => void }) {
  const { t } = useTranslation();
  const { reaction, onChange } = props;
  const { does } = reaction;
  const { data: flows } = useQuery(flowsQuery);
  const { data: groups = [] } = useQuery(groupsQuery);
  const flowChoices = (flows?.document.flows ?? []).map(({ id, name }) => ({ value: id, label: name }));
  const kinds = {
    answer: { kind: 'answer', texts: { zh: '' } },
    flow: { kind: 'flow', flowId: flowChoices[0]?.value ?? '' },
    'hand-off': { kind: 'hand-off' },
  } as const;
  return (
    <div style={{ marginBottom: 16 }}>
      <ListedRow
        removeLabel={t('dialogue.removeReaction', { intent: reaction.intent })}
        onRemove={() => onChange(undefined)}
      >
        <IntentField value={reaction.intent} onChange={(intent) => onChange({ ...reaction, intent })} />
        <Select
          label={t('dialogue.does')}
          data={(['answer', 'flow', 'hand-off'] as const).map((value) => ({
            value,
            label: t(`dialogue.do.${value}`),
          }))}
          value={does.kind}
          allowDeselect={false}
          onChange={(kind) => kind !== null && onChange({ ...reaction, does: kinds[kind] })}
        />
        {does.kind === 'flow' && (
          <Select
            label={t('dialogue.flow')}
            data={flowChoices}
            value={does.flowId || null}
            allowDeselect={false}
            onChange={(flowId) => flowId !== null && onChange({ ...reaction, does: { kind: 'flow', flowId } })}
          />
        )}
        <Select
          label={t('dialogue.group')}
          placeholder={t('dialogue.byRules')}
          data={groups.map(({ id, name }) => ({ value: id, label: name || id }))}
          value={reaction.groupId}
          clearable
          onChange={(groupId) => onChange({ ...reaction, groupId })}
        />
      </ListedRow>
      {does.kind === 'answer' && (
        <Fields>
          {botLanguages.map((tag) => (
            <Textarea
              key={tag}
              autosize
              label={t('dialogue.answerIn', { language: t(`dialogue.languages.${tag}`) })}
              value={does.texts[tag] ?? ''}
              onChange={(event) => {
                const { [tag]: _, ...rest } = does.texts;
                const text = event.currentTarget.value;
                const texts = text === '' && Object.keys(rest).length > 0 ? rest : { ...rest, [tag]: text };
                onChange({ ...reaction, does: { kind: 'answer', texts } });
              }}
            />
          ))}
        </Fields>
      )}
    </div>
  );
}
