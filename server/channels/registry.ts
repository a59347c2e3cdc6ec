import type { AnyAdapter } from '../gateway/channels.ts';
import { web } from './web/adapter.ts';
import { webhook } from './webhook/adapter.ts';
import { wechatOfficial } from './wechat-official/adapter.ts';

/** Every channel type there is. A new one is a folder beside these and one line here. */
export const adapters: readonly AnyAdapter[] = [web, wechatOfficial, webhook];
