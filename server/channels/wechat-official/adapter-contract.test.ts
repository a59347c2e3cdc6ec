import { adapterContract } from '../../gateway/adapter-contract.ts';
import { wechatFixture } from './wechat-fixture.ts';

adapterContract('wechat-official', wechatFixture);
