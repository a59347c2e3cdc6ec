import { Box, Switch } from '@mantine/core';
import { policies, type SkillGroup, whenLeftKinds } from '@parley/sdk/routing-document.ts';
import { IconUsersGroup } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { ChoicesField } from '../app/choices-field.tsx';
import { ChoiceField, CountField, DurationField, Fields, TextField, TextsField } from '../app/fields.tsx';
import { Panel } from '../app/page.tsx';
import { AnswerTexts } from './answer-texts.tsx';
import { useEntries } from './draft.tsx';
import { EntryEditor, EntryList } from './entry-list.tsx';
import { levelChoices } from './level-choices.ts';
import { MembersPanel } from './members-panel.tsx';
import { useNames } from './names.ts';
import { OverflowPanel } from './overflow-panel.tsx';
import styles from './routing.module.css';
import { newGroup, replaced, without } from './routing-edits.ts';

/** The skill groups: who can answer the same things. */
export function GroupsPart({ open }: { open: string | undefined }) {
  const { entries } = useEntries('groups');
  const index = entries.findIndex(({ id }) => id === open);
  const group = entries[index];
  return group === undefined ? <GroupList /> : <GroupEditor key={group.id} group={group} index={index} />;
}

function GroupList() {
  const { entries, setEntries } = useEntries('groups');
  return (
    <EntryList
      part="groups"
      entries={entries}
      setEntries={setEntries}
      make={newGroup}
      icon={<IconUsersGroup size={22} />}
    >
      {(group) => <GroupFacts group={group} />}
    </EntryList>
  );
}

function GroupFacts({ group }: { group: SkillGroup }) {
  const { t } = useTranslation();
  const names = useNames();
  const facts = [
    t(`routing.policy.${group.policy}`),
    t('routing.groups.memberCount', { n: group.members.length }),
    ...(group.languages === null ? [] : [group.languages.join(', ')]),
    ...(group.channels === null ? [] : [group.channels.map(names.channel).join(', ')]),
    ...(group.scheduleId === null ? [] : [names.schedule(group.scheduleId)]),
  ];
  return <span className={styles.dim}>{facts.join(' · ')}</span>;
}

type PanelProps = { group: SkillGroup; path: string; patch: (next: Partial<SkillGroup>) => void };

function GroupEditor({ group, index }: { group: SkillGroup; index: number }) {
  const { setEntries } = useEntries('groups');
  const path = `groups[${index}]`;
  const patch = (next: Partial<SkillGroup>) => setEntries((before) => replaced(before, index, { ...group, ...next }));
  const props = { group, path, patch };
  return (
    <EntryEditor part="groups" onRemove={() => setEntries((before) => without(before, index))}>
      <ServesPanel {...props} />
      <MembersPanel {...props} />
      <OfferPanel {...props} />
      <RelaxPanel {...props} />
      <OverflowPanel {...props} />
      <WaitingPanel {...props} />
      <LimitsPanel {...props} />
    </EntryEditor>
  );
}

function ServesPanel({ group, path, patch }: PanelProps) {
  const { t } = useTranslation();
  const { choices } = useNames();
  const always = { value: '', label: t('routing.groups.alwaysOpen') };
  return (
    <Panel title={t('routing.groups.title')}>
      <Fields>
        <TextField
          path={`${path}.name`}
          label={t('routing.name')}
          required
          value={group.name}
          // Who has just made it goes on typing.
          autoFocus={group.name === ''}
          onChange={(name) => patch({ name })}
        />
        <ChoiceField
          path={`${path}.policy`}
          label={t('routing.groups.policy')}
          description={t(`routing.policyHint.${group.policy}`)}
          value={group.policy}
          data={policies.map((value) => ({ value, label: t(`routing.policy.${value}`) }))}
          onChange={(policy) => patch({ policy })}
        />
        <ChoicesField
          path={`${path}.channels`}
          label={t('routing.groups.channels')}
          placeholder={group.channels === null ? t('routing.groups.allChannels') : ''}
          value={group.channels ?? []}
          data={choices.channels}
          onChange={(channels) => patch({ channels: channels.length === 0 ? null : channels })}
        />
        <TextsField
          path={`${path}.languages`}
          label={t('routing.groups.languages')}
          placeholder={group.languages === null ? t('routing.groups.allLanguages') : 'zh-CN'}
          value={group.languages ?? []}
          onChange={(languages) => patch({ languages: languages.length === 0 ? null : languages })}
        />
        <ChoiceField
          path={`${path}.scheduleId`}
          label={t('routing.groups.hours')}
          placeholder={always.label}
          value={group.scheduleId}
          data={[always, ...choices.schedules]}
          onChange={(id) => patch({ scheduleId: id === '' ? null : id })}
        />
        <ChoiceField
          path={`${path}.minLevel`}
          label={t('routing.groups.minLevel')}
          value={String(group.minLevel)}
          data={levelChoices(t)}
          onChange={(level) => patch({ minLevel: Number(level) })}
        />
      </Fields>
    </Panel>
  );
}
const daysMs = 86_400_000;

function OfferPanel({ group, path, patch }: PanelProps) {
  const { t } = useTranslation();
  const { offer, history } = group;
  return (
    <Panel title={t('routing.groups.offerTitle')}>
      <Fields>
        <ChoiceField
          path={`${path}.offer`}
          label={t('routing.groups.offer')}
          value={offer.mode}
          data={[
            { value: 'auto', label: t('routing.groups.offerAuto') },
            { value: 'ring', label: t('routing.groups.offerRing') },
          ]}
          onChange={(mode) => patch({ offer: mode === 'auto' ? { mode } : { mode, timeoutMs: 20_000 } })}
        />
        {offer.mode === 'ring' && (
          <DurationField
            path={`${path}.offer.timeoutMs`}
            label={t('routing.groups.ringTime')}
            value={offer.timeoutMs}
            unit="seconds"
            onChange={(timeoutMs = 0) => patch({ offer: { mode: 'ring', timeoutMs } })}
          />
        )}
      </Fields>
      <Switch
        mt="md"
        label={t('routing.groups.history')}
        description={t('routing.groups.historyHint')}
        checked={history !== null}
        onChange={(event) =>
          patch({ history: event.currentTarget.checked ? { withinMs: 7 * daysMs, waitAtMostMs: 30_000 } : null })
        }
      />
      {history !== null && (
        <Fields layout="indented">
          <DurationField
            path={`${path}.history.withinMs`}
            label={t('routing.groups.historyWithin')}
            value={history.withinMs}
            unit="days"
            onChange={(withinMs = 0) => patch({ history: { ...history, withinMs } })}
          />
          <DurationField
            path={`${path}.history.waitAtMostMs`}
            label={t('routing.groups.historyWait')}
            value={history.waitAtMostMs}
            unit="seconds"
            onChange={(waitAtMostMs = 0) => patch({ history: { ...history, waitAtMostMs } })}
          />
        </Fields>
      )}
    </Panel>
  );
}

function RelaxPanel({ group, path, patch }: PanelProps) {
  const { t } = useTranslation();
  const { choices } = useNames();
  const { relax } = group;
  const set = (key: 'dropLanguageAfterMs' | 'lowerLevelAfterMs' | 'widenAfterMs') => (ms: number | undefined) => {
    const { [key]: _, ...rest } = relax;
    patch({ relax: ms === undefined ? rest : { ...rest, [key]: ms } });
  };
  const others = choices.groups.filter(({ value }) => value !== group.id);
  return (
    <Panel title={t('routing.groups.relax')} hint={t('routing.groups.relaxHint')}>
      <Fields>
        <DurationField
          path={`${path}.relax.lowerLevelAfterMs`}
          label={t('routing.groups.lowerLevel')}
          placeholder={t('routing.never')}
          value={relax.lowerLevelAfterMs}
          onChange={set('lowerLevelAfterMs')}
        />
        <DurationField
          path={`${path}.relax.dropLanguageAfterMs`}
          label={t('routing.groups.dropLanguage')}
          placeholder={t('routing.never')}
          value={relax.dropLanguageAfterMs}
          onChange={set('dropLanguageAfterMs')}
        />
        <DurationField
          path={`${path}.relax.widenAfterMs`}
          label={t('routing.groups.widenAfter')}
          placeholder={t('routing.never')}
          value={relax.widenAfterMs}
          onChange={set('widenAfterMs')}
        />
        <ChoicesField
          path={`${path}.relax.widenTo`}
          label={t('routing.groups.widenTo')}
          value={relax.widenTo ?? []}
          data={others}
          onChange={(widenTo) => {
            const { widenTo: _, ...rest } = relax;
            patch({ relax: widenTo.length === 0 ? rest : { ...rest, widenTo } });
          }}
        />
      </Fields>
    </Panel>
  );
}

/** What customers who wait are told, and what becomes of the place of those who leave. */
function WaitingPanel({ group, path, patch }: PanelProps) {
  const { t } = useTranslation();
  const { waitAnswer, whenLeft } = group;
  return (
    <Panel title={t('routing.groups.whileWaiting')} hint={t('routing.groups.whileWaitingHint')}>
      <Fields>
        <ChoiceField
          path={`${path}.whenLeft`}
          label={t('routing.groups.whenLeft')}
          description={t(`routing.whenLeftHint.${whenLeft}`)}
          value={whenLeft}
          data={whenLeftKinds.map((value) => ({ value, label: t(`routing.whenLeft.${value}`) }))}
          onChange={(next) => patch({ whenLeft: next })}
        />
      </Fields>
      <Switch
        mt="md"
        label={t('routing.groups.waitAnswer')}
        description={t('routing.groups.waitAnswerHint', { position: '{position}', estimate: '{estimate}' })}
        checked={waitAnswer !== null}
        onChange={(event) =>
          patch({
            waitAnswer: event.currentTarget.checked
              ? { default: t('routing.groups.waitAnswerText', { position: '{position}', estimate: '{estimate}' }) }
              : null,
          })
        }
      />
      {waitAnswer !== null && (
        <Box mt="sm">
          <AnswerTexts
            texts={waitAnswer}
            path={`${path}.waitAnswer`}
            onChange={(texts) => patch({ waitAnswer: texts })}
          />
        </Box>
      )}
    </Panel>
  );
}

function LimitsPanel({ group, path, patch }: PanelProps) {
  const { t } = useTranslation();
  return (
    <Panel title={t('routing.groups.limits')}>
      <Fields>
        <DurationField
          path={`${path}.firstAnswerMs`}
          label={t('routing.groups.firstAnswer')}
          description={t('routing.groups.firstAnswerHint')}
          placeholder={t('routing.never')}
          value={group.firstAnswerMs ?? undefined}
          onChange={(ms) => patch({ firstAnswerMs: ms ?? null })}
        />
        <DurationField
          path={`${path}.inactivityMs`}
          label={t('routing.groups.inactivity')}
          description={t('routing.groups.inactivityHint')}
          placeholder={t('routing.never')}
          value={group.inactivityMs ?? undefined}
          onChange={(ms) => patch({ inactivityMs: ms ?? null })}
        />
        <CountField
          path={`${path}.floodPerMinute`}
          label={t('routing.groups.flood')}
          description={t('routing.groups.floodHint')}
          placeholder={t('routing.noLimit')}
          min={1}
          max={60}
          value={group.floodPerMinute ?? undefined}
          onChange={(n) => patch({ floodPerMinute: n ?? null })}
        />
        <CountField
          path={`${path}.maxHops`}
          label={t('routing.groups.maxHops')}
          description={t('routing.groups.maxHopsHint')}
          min={0}
          max={10}
          value={group.maxHops}
          onChange={(n = 0) => patch({ maxHops: n })}
        />
      </Fields>
    </Panel>
  );
}
