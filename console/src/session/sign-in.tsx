import { Alert, Button, Stack, Text, TextInput, Title } from '@mantine/core';
import { ApiError } from '@parley/sdk/http.ts';
import { IconAlertCircle } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../app/api.ts';
import { BrandMark } from '../app/brand-mark.tsx';
import { PasswordField } from '../app/password-field.tsx';
import { ColorSchemeSwitch, LanguageSwitch } from './appearance.tsx';
import { meQuery, signIn } from './session.ts';
import styles from './sign-in.module.css';

/** The only page that is shown without a session. */
export function SignInPage() {
  const { t } = useTranslation();
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <BrandMark size={40} />
        <Title order={1} size="h2" mt="md">
          {t('session.title')}
        </Title>
        <Text c="dimmed" size="sm" mt={4} mb="lg">
          {t('session.hint')}
        </Text>
        <SignInForm />
      </div>
      <footer className={styles.footer}>
        <LanguageSwitch />
        <ColorSchemeSwitch />
      </footer>
    </main>
  );
}

function SignInForm() {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const { to, ended } = useSearch({ from: '/sign-in' });
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(false);
  const attempt = useMutation({
    mutationFn: () => signIn(email.trim(), password),
    onSuccess: async (agent) => {
      queryClient.clear();
      queryClient.setQueryData(meQuery.queryKey, agent);
      await navigate({ to: to ?? '/', replace: true });
    },
  });

  function submit(event: FormEvent): void {
    event.preventDefault();
    setTried(true);
    if (email.trim() !== '' && password !== '' && !attempt.isPending) attempt.mutate();
  }

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        {ended === true && attempt.isIdle && <Alert color="parley">{t('session.ended')}</Alert>}
        {attempt.isError && (
          <Alert color="red" role="alert" icon={<IconAlertCircle size={18} />} variant="light">
            {failureText(attempt.error, t)}
          </Alert>
        )}
        <TextInput
          label={t('session.email')}
          type="email"
          autoComplete="username"
          inputMode="email"
          size="md"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          error={tried && email.trim() === '' && t('session.missing')}
          data-autofocus
          autoFocus
        />
        <PasswordField
          label={t('session.password')}
          autoComplete="current-password"
          size="md"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={tried && password === '' && t('session.missing')}
        />
        <Button type="submit" size="md" mt="xs" loading={attempt.isPending} fullWidth>
          {t('session.signIn')}
        </Button>
      </Stack>
    </form>
  );
}

function failureText(error: unknown, t: TFunction): string {
  if (!(error instanceof ApiError)) return String(error);
  if (error.code === 'login-failed') return t('session.failed');
  if (error.status === 429) return t('session.tooMany');
  return error.status === 0 ? t('session.unreachable') : problemText(error);
}
