import { useEffect, useState } from 'react';

/** By the key of its setting. */
export type MadeSecrets = Readonly<Record<string, string>>;

/**
 * What was made while a channel was created is needed on the channel's page, beside the callback address that goes to the
 * other side with it. It is handed over in memory: nothing that a browser keeps may hold a secret.
 */
const handedOver = new Map<string, MadeSecrets>();

export function handOverSecrets(channelId: string, made: MadeSecrets): void {
  handedOver.set(channelId, made);
}

/** What was made just before this page opened; gone once the page is left. */
export function useHandedOver(channelId: string): MadeSecrets {
  const [made] = useState(() => handedOver.get(channelId) ?? {});
  useEffect(() => () => void handedOver.delete(channelId), [channelId]);
  return made;
}
