/** Invented examples of a shop, in two languages, to try things out with: `utterance<TAB>intent`. */
const said: Readonly<Record<string, readonly string[]>> = {
  'order-status': [
    'where is my order',
    'has my parcel been shipped yet',
    'when will my delivery arrive',
    'track my package please',
    '我的订单到哪了',
    '快递什么时候能到',
    '帮我查一下物流',
    '东西发货了吗',
  ],
  refund: [
    'i want my money back',
    'how do i get a refund',
    'when will the refund reach my account',
    'please refund this purchase',
    '我要退款',
    '退款什么时候到账',
    '怎么申请退钱',
    '请把钱退给我',
  ],
  'return-goods': [
    'i would like to return this item',
    'how do i send it back',
    'what is your return policy',
    'the size is wrong, can i exchange it',
    '我想退货',
    '尺码不对可以换吗',
    '七天内能退货吗',
    '退货地址是哪里',
  ],
  'change-address': [
    'please change my shipping address',
    'i entered the wrong address',
    'send it to my office instead',
    'can i still update the delivery address',
    '修改收货地址',
    '地址填错了怎么办',
    '帮我换个地址寄',
    '收件地址能改吗',
  ],
  invoice: [
    'i need an invoice',
    'can you send me the receipt',
    'put the company name on the bill',
    'where can i download my invoice',
    '请给我开发票',
    '电子发票在哪里下载',
    '发票抬头要改成公司',
    '能补开发票吗',
  ],
  payment: [
    'my payment failed',
    'which cards do you accept',
    'i was charged twice',
    'can i pay with wechat',
    '付款失败了',
    '支持微信支付吗',
    '被扣了两次钱',
    '可以分期付款吗',
  ],
  'opening-hours': [
    'when are you open',
    'are you open on sundays',
    'what are your service hours',
    'do you work on public holidays',
    '你们几点上班',
    '周末有人吗',
    '节假日营业吗',
    '客服的工作时间是几点到几点',
  ],
  'talk-to-a-person': [
    'i want to talk to a human',
    'connect me to an agent',
    'is there a real person here',
    'let me speak to somebody',
    '转人工',
    '我要找人工客服',
    '有真人吗',
    '叫你们客服来',
  ],
};

/** Eight intents with eight utterances each, as a file that can be imported. */
export const starterFile = (): string =>
  Object.entries(said)
    .flatMap(([intent, utterances]) => utterances.map((utterance) => `${utterance}\t${intent}`))
    .join('\n');
