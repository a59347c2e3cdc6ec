import type { WechatSettings } from '../server/channels/wechat-official/settings.ts';

/** An account made up for the benchmark; in safe mode callbacks are encrypted with AES-256 and signed. */
export const wechatAccount: WechatSettings = {
  // Nothing is sent in this benchmark; should it be, it must not leave this machine.
  apiBaseUrl: 'http://127.0.0.1:9',
  appId: 'wxparleybench0001',
  appSecret: 'benchmarkbenchmarkbenchmark12345',
  token: 'parleybench',
  encodingAesKey: 'ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA',
  mode: 'safe',
  windowMinutes: 5,
  replyHours: 48,
  replyCount: 5,
};
