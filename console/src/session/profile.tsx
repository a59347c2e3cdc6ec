import { Button, Group, SegmentedControl, Stack, Switch, Text, TextInput } from '@mantine/core';
import { ApiError } from '@parley/sdk/http.ts';
import type { Agent } from '@parley/sdk/protocol.ts';
import { IconVolume } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, fieldProblem } from '../app/api.ts';
import { notifyDone, notifyFailure } from '../app/notify.ts';
import { Page, Panel } from '../app/page.tsx';
import { PasswordField } from '../app/password-field.tsx';
import { canNotify, mayNotify } from '../realtime/desktop-notice.ts';
import { playTone } from '../realtime/tone.ts';
import { ColorSchemeSwitch, LanguageSwitch } from './appearance.tsx';
import { type Preferences, setPreferences, usePreferences } from './preferences.ts';
import styles from './profile.module.css';
import { meQuery, useMe } from './session.ts';

const minPasswordChars = 8;

/** My own account, and how this browser shows things. */
export function ProfilePage() {
  const { t } = useTranslation();
  const me = useMe();
  return (
    <Page title={t('profile.title')} intro={`${me.email} · ${t(`role.${me.role}`)}`}>
      <Panel title={t('profile.account')}>
        <NameForm />
      </Panel>
      <Panel title={t('profile.appearance')} hint={t('profile.appearanceHint')}>
        <Appearance />
      </Panel>
      <Panel title={t('profile.changePassword')}>
        <PasswordForm />
      </Panel>
    </Page>
  );
}

function NameForm() {
  const { t } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const [name, setName] = useState(me.name);
  const save = useMutation({
    mutationFn: () => api.call<{ agent: Agent }>('PATCH', '/api/v1/me', { name: name.trim() }),
    onSuccess: ({ agent }) => {
      queryClient.setQueryData(meQuery.queryKey, agent);
      notifyDone(t('app.saved'));
    },
    onError: notifyFailure,
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (name.trim() !== '') save.mutate();
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm" maw={420}>
        <TextInput
          label={t('profile.name')}
          description={t('profile.nameHint')}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={name.trim() === '' && t('profile.nameMissing')}
        />
        <Group>
          <Button type="submit" size="sm" loading={save.isPending} disabled={name.trim() === me.name}>
            {t('app.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function PasswordForm() {
  const { t } = useTranslation();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const tooShort = next !== '' && next.length < minPasswordChars;
  const save = useMutation({
    mutationFn: () => api.call('PATCH', '/api/v1/me', { password: { current, next } }),
    onSuccess: () => {
      setCurrent('');
      setNext('');
      notifyDone(t('profile.passwordChanged'));
    },
    onError: (error) => {
      if (!(error instanceof ApiError) || error.field === undefined) notifyFailure(error);
    },
  });
  const refused =
    save.error instanceof ApiError && save.error.field?.includes('current') ? fieldProblem(save.error) : undefined;
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (current !== '' && next.length >= minPasswordChars) save.mutate();
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm" maw={420}>
        <PasswordField
          label={t('profile.currentPassword')}
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
          error={refused}
        />
        <PasswordField
          label={t('profile.newPassword')}
          description={t('profile.passwordHint')}
          autoComplete="new-password"
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
          error={tooShort && t('profile.passwordShort')}
        />
        <Group>
          <Button
            type="submit"
            size="sm"
            variant="default"
            loading={save.isPending}
            disabled={current === '' || next.length < minPasswordChars}
          >
            {t('profile.changePassword')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Appearance() {
  const { t } = useTranslation();
  const { density, sound, singleKeys, replyAction, suggestionKeys } = usePreferences();
  return (
    <div className={styles.settings}>
      <Setting label={t('profile.language')}>
        <LanguageSwitch />
      </Setting>
      <Setting label={t('profile.colorScheme')}>
        <ColorSchemeSwitch />
      </Setting>
      <Setting label={t('profile.density')}>
        <SegmentedControl<Preferences['density']>
          size="xs"
          aria-label={t('profile.density')}
          value={density}
          onChange={(value) => setPreferences({ density: value })}
          data={[
            { value: 'compact', label: t('profile.compact') },
            { value: 'comfortable', label: t('profile.comfortable') },
          ]}
        />
      </Setting>
      <Setting label={t('profile.sound')} hint={t('profile.soundHint')}>
        <Group gap="sm" wrap="nowrap">
          <Switch
            aria-label={t('profile.sound')}
            checked={sound}
            onChange={(event) => setPreferences({ sound: event.currentTarget.checked })}
          />
          <Button size="compact-sm" variant="default" leftSection={<IconVolume size={14} />} onClick={() => playTone()}>
            {t('profile.trySound')}
          </Button>
        </Group>
      </Setting>
      {canNotify() && <DesktopSetting />}
      <Setting label={t('profile.singleKeys')} hint={t('profile.singleKeysHint')}>
        <Switch
          aria-label={t('profile.singleKeys')}
          checked={singleKeys}
          onChange={(event) => setPreferences({ singleKeys: event.currentTarget.checked })}
        />
      </Setting>
      <Setting label={t('suggestions.action')} hint={t('suggestions.actionHint')}>
        <SegmentedControl<Preferences['replyAction']>
          size="xs"
          aria-label={t('suggestions.action')}
          value={replyAction}
          data={(['insert', 'send'] as const).map((value) => ({ value, label: t(`suggestions.actions.${value}`) }))}
          onChange={(value) => setPreferences({ replyAction: value })}
        />
      </Setting>
      <Setting label={t('suggestions.keys')}>
        <Switch
          aria-label={t('suggestions.keys')}
          checked={suggestionKeys}
          onChange={(event) => setPreferences({ suggestionKeys: event.currentTarget.checked })}
        />
      </Setting>
    </div>
  );
}

function DesktopSetting() {
  const { t } = useTranslation();
  const { desktop } = usePreferences();
  const [refused, setRefused] = useState(false);
  async function change(wanted: boolean): Promise<void> {
    const isAllowed = wanted && (await mayNotify());
    setRefused(wanted && !isAllowed);
    setPreferences({ desktop: isAllowed });
  }
  return (
    <Setting label={t('profile.desktop')} hint={t(refused ? 'profile.desktopRefused' : 'profile.desktopHint')}>
      <Switch
        aria-label={t('profile.desktop')}
        checked={desktop}
        onChange={(event) => void change(event.currentTarget.checked)}
      />
    </Setting>
  );
}

function Setting({ label, hint, children }: { label: string; hint?: string; children: ReactNode }) {
  return (
    <div className={styles.setting}>
      <div>
        <Text size="sm" fw={500}>
          {label}
        </Text>
        {hint !== undefined && (
          <Text size="xs" c="dimmed">
            {hint}
          </Text>
        )}
      </div>
      {children}
    </div>
  );
}
