import type { Transport } from './client-api.ts';
import { subprotocol } from './protocol.ts';

/** A transport over WebSocket. The token travels as a subprotocol, so that it stands in no URL and no log. */
export function connectWebSocket(target: {
  server: string;
  role: 'visitor' | 'agent';
  token: string | undefined;
}): Transport {
  const url = new URL(`${target.server}/ws/${target.role}`, globalThis.location?.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const bearer = target.token === undefined ? [] : [`bearer.${target.token}`];
  const socket = new WebSocket(url, [subprotocol, ...bearer]);
  const transport: Transport = {
    onOpen: undefined,
    onText: undefined,
    onClose: undefined,
    send: (text) => socket.send(text),
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    close: () => socket.close(),
  };
  socket.onopen = () => transport.onOpen?.();
  socket.onmessage = ({ data }) => transport.onText?.(String(data));
  socket.onclose = ({ code, reason }) => transport.onClose?.({ code, reason });
  return transport;
}
