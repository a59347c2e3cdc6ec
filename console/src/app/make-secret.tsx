import { Button, Stack, Text } from '@mantine/core';
import { makeSecret, type SecretForm } from '@parley/sdk/made-secret.ts';
import { IconKey } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { CopyField } from './copy-field.tsx';

/** Makes a secret that the operator would otherwise have to think up. */
export function MakeSecretButton(props: { form: SecretForm; label: string; onMade: (secret: string) => void }) {
  const { t } = useTranslation();
  return (
    <Button
      size="compact-xs"
      variant="subtle"
      leftSection={<IconKey size={14} aria-hidden />}
      aria-label={`${t('secret.make')}: ${props.label}`}
      onClick={() => props.onMade(makeSecret(props.form))}
    >
      {t('secret.make')}
    </Button>
  );
}

/**
 * A secret that was made here, to be carried to the other side. The server never shows it again.
 *
 * @param isNew it is not saved yet
 */
export function MadeSecret(props: { secret: string | undefined; label: string; isNew: boolean; replaces: boolean }) {
  const { t } = useTranslation();
  const { secret, label, isNew, replaces } = props;
  const words = isNew ? (replaces ? 'replaces' : 'made') : 'stored';
  return (
    <div role="status">
      {secret !== undefined && (
        <Stack gap={4} mt={6}>
          <Text size="xs" c="dimmed">
            {t(`secret.${words}`)}
          </Text>
          <CopyField value={secret} label={label} />
        </Stack>
      )}
    </div>
  );
}
