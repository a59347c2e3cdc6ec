import { Select } from '@mantine/core';
import type { AgentSkills, RoutingConfig } from '@parley/sdk/routing-document.ts';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Face } from '../app/face.tsx';
import { CountField, TextsField } from '../app/fields.tsx';
import { Panel } from '../app/page.tsx';
import { useDraft } from './draft.tsx';
import { RemoveButton } from './entry-list.tsx';
import { useNames } from './names.ts';
import styles from './routing.module.css';

const none: AgentSkills = { languages: [] };

/** What holds for single agents. Only those of whom something is stated: there may be thousands of others. */
export function AgentsPanel({ patch }: { patch: (next: Partial<RoutingConfig>) => void }) {
  const { t } = useTranslation();
  const { document } = useDraft();
  const { choices, agent } = useNames();
  const { agents } = document;
  // Who was chosen a moment ago has nothing yet.
  const [added, setAdded] = useState<readonly string[]>([]);
  const shown = [...new Set([...Object.keys(agents), ...added])];
  const others = choices.agents.filter(({ value }) => !shown.includes(value));
  return (
    <Panel title={t('routing.general.agents')} hint={t('routing.general.agentsHint')}>
      <ul className={styles.lines}>
        {shown.map((id) => (
          <AgentLine
            key={id}
            id={id}
            name={agent(id)}
            skills={agents[id] ?? none}
            onChange={(skills) => patch({ agents: { ...agents, [id]: skills } })}
          />
        ))}
      </ul>
      <Select
        mt={shown.length === 0 ? 0 : 'sm'}
        aria-label={t('routing.general.addAgent')}
        placeholder={t('routing.general.addAgent')}
        disabled={others.length === 0}
        data={others}
        value={null}
        limit={100}
        searchable
        nothingFoundMessage={t('app.nothingLeft')}
        onChange={(id) => {
          if (id !== null) setAdded((before) => [...before, id]);
        }}
      />
    </Panel>
  );
}

function AgentLine(props: { id: string; name: string; skills: AgentSkills; onChange: (skills: AgentSkills) => void }) {
  const { t } = useTranslation();
  const { id, name, skills, onChange } = props;
  return (
    <li className={styles.line} data-wide>
      <Face id={id} name={name} size={28} />
      <span className={styles.lineText}>{name}</span>
      <div className={styles.lineField}>
        <TextsField
          path={`agents.${id}.languages`}
          label={t('routing.general.languagesOf', { name })}
          placeholder={skills.languages.length === 0 ? t('routing.general.anyLanguage') : 'zh-CN'}
          value={skills.languages}
          onChange={(languages) => onChange({ ...skills, languages })}
        />
        <CapFields {...props} />
      </div>
    </li>
  );
}

/** How many of one kind of channel at once, whatever else there is room for. */
function CapFields({ id, name, skills, onChange }: Parameters<typeof AgentLine>[0]) {
  const { t } = useTranslation();
  const { choices, channelType } = useNames();
  const caps = skills.channelCaps ?? {};
  const left = choices.channelTypes.filter(({ value }) => caps[value] === undefined);
  const change = (channelCaps: Readonly<Record<string, number>>) => {
    const { channelCaps: _, ...rest } = skills;
    onChange(Object.keys(channelCaps).length === 0 ? rest : { ...rest, channelCaps });
  };
  return (
    <>
      {Object.entries(caps).map(([type, most]) => (
        <div key={type} className={styles.cap}>
          <CountField
            path={`agents.${id}.channelCaps.${type}`}
            label={t('routing.general.capOf', { name, channel: channelType(type) })}
            min={0}
            max={1_000}
            value={most}
            onChange={(n = 0) => change({ ...caps, [type]: n })}
          />
          <RemoveButton
            name={t('routing.general.capOf', { name, channel: channelType(type) })}
            onRemove={() => {
              const { [type]: _, ...rest } = caps;
              change(rest);
            }}
          />
        </div>
      ))}
      {left.length > 0 && (
        <Select
          mt="xs"
          aria-label={t('routing.general.addCap', { name })}
          placeholder={t('routing.general.addCap', { name })}
          data={left}
          value={null}
          onChange={(type) => {
            if (type !== null) change({ ...caps, [type]: 1 });
          }}
        />
      )}
    </>
  );
}
