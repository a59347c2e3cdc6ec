import type { IntentExamples } from './training-set.ts';

/** A small shop's intents, in two languages: enough to learn from, and learnt in a moment. */
export const shopIntents: readonly IntentExamples[] = [
  {
    intent: 'refund',
    utterances: [
      'i want my money back',
      'how do i get a refund',
      'please refund my order',
      '我要退款',
      '什么时候可以退款',
      '把钱退给我',
    ],
  },
  {
    intent: 'delivery',
    utterances: [
      'where is my parcel',
      'when will my package arrive',
      'track the delivery of order 20391',
      '我的快递到哪里了',
      '包裹什么时候送到',
      '查一下物流',
    ],
  },
  {
    intent: 'opening-hours',
    utterances: [
      'when are you open',
      'what are your opening hours',
      'are you open on sunday',
      '你们几点开门',
      '营业时间是几点到几点',
      '周日开门吗',
    ],
  },
  {
    intent: 'change-address',
    utterances: [
      'change my shipping address',
      'i moved, update the address',
      'send it to another address',
      '修改收货地址',
      '我要换一个地址',
      '地址写错了怎么改',
    ],
  },
  {
    intent: 'human',
    utterances: [
      'talk to a human',
      'give me an agent',
      'is there a real person here',
      '转人工',
      '我要找人工客服',
      '有真人吗',
    ],
  },
  {
    intent: 'invoice',
    utterances: [
      'send me an invoice',
      'i need a receipt for tax',
      'where can i download the bill',
      '开发票',
      '我需要电子发票',
      '发票抬头怎么填',
    ],
  },
];
