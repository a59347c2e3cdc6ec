import { Input, Select } from '@mantine/core';
import type { SkillGroup } from '@parley/sdk/routing-document.ts';
import { useTranslation } from 'react-i18next';
import { Face } from '../app/face.tsx';
import { useFieldErrors } from '../app/field-errors.ts';
import { Panel } from '../app/page.tsx';
import { RemoveButton } from './entry-list.tsx';
import { levelChoices } from './level-choices.ts';
import { useNames } from './names.ts';
import styles from './routing.module.css';
import { replaced, without } from './routing-edits.ts';

const usualLevel = 3;

/** Who is in a group, and how well each of them knows its matters. */
export function MembersPanel(props: { group: SkillGroup; path: string; patch: (next: Partial<SkillGroup>) => void }) {
  const { t } = useTranslation();
  const { group, path, patch } = props;
  const { choices, agent } = useNames();
  const { errorAt } = useFieldErrors();
  const { members } = group;
  const others = choices.agents.filter(({ value }) => !members.some(({ agentId }) => agentId === value));
  const levelData = levelChoices(t);
  return (
    <Panel title={t('routing.groups.members')} hint={t('routing.groups.membersHint')}>
      <ul className={styles.lines}>
        {members.map((member, index) => {
          const name = agent(member.agentId);
          const error = errorAt(`${path}.members[${index}].agentId`) ?? errorAt(`${path}.members[${index}].level`);
          return (
            <li key={member.agentId} className={styles.line}>
              <Face id={member.agentId} name={name} size={28} />
              <span className={styles.lineText}>
                {name}
                {error !== undefined && <Input.Error>{error}</Input.Error>}
              </span>
              <Select
                className={styles.level}
                aria-label={t('routing.levelOf', { name })}
                data-field={`${path}.members[${index}].level`}
                data={levelData}
                value={String(member.level)}
                allowDeselect={false}
                onChange={(level) =>
                  patch({ members: replaced(members, index, { ...member, level: Number(level ?? usualLevel) }) })
                }
              />
              <RemoveButton name={name} onRemove={() => patch({ members: without(members, index) })} />
            </li>
          );
        })}
      </ul>
      <Select
        mt="sm"
        aria-label={t('routing.groups.addMember')}
        placeholder={others.length === 0 ? t('routing.groups.allIn') : t('routing.groups.addMember')}
        disabled={others.length === 0}
        data={others}
        value={null}
        limit={100}
        searchable
        nothingFoundMessage={t('app.nothingLeft')}
        onChange={(agentId) => {
          if (agentId !== null) patch({ members: [...members, { agentId, level: usualLevel }] });
        }}
      />
    </Panel>
  );
}
