import type { z } from 'zod';
import type { touchReason, touchState } from '#contract/touch';

type TouchState = z.output<typeof touchState>;
type TouchReason = z.output<typeof touchReason>;

const state: Record<TouchState, string> = {
  planned: '待发送',
  suppressed: '不发送',
  claimed: '发送中',
  submitted: '已发送',
  delivered: '已送达',
  failed: '失败',
  missed: '错过',
  unknown: '结果未知',
};

const stateMeaning: Record<TouchState, string> = {
  planned: '已排入，还没有发送。',
  suppressed: '按规则决定不发送，原因见旁边。',
  claimed: '正在交给企业微信。',
  submitted: '企业微信已接受。',
  delivered: '企业微信确认已送达。',
  failed: '企业微信拒绝，原因见旁边。',
  missed: '没能在 20 秒内发出，欢迎语已作废。',
  unknown: '发出后没有收到结果。为避免重复，不会自动再发。',
};

const reason: Record<TouchReason, string> = {
  already_welcomed: '这次添加已经发过欢迎语。',
  nothing_to_say: '欢迎语没有内容。请在渠道活码或默认欢迎语中填写。',
  welcome_off: '欢迎语已关闭。需要时可在渠道活码或默认欢迎语中开启。',
  code_expired: '欢迎语凭证超过 20 秒已失效。请看自检页是否有积压。',
  chat_started: '员工与客户已经开始聊天，企业微信不再允许发送欢迎语。',
  other_app_sent: '另一个应用或企业微信自带的欢迎语已先发送。请只保留一处设置。',
  content_refused: '企业微信不接受欢迎语的内容。请检查文字、链接与小程序。',
  not_permitted: '应用没有发送权限。请到自检页查看如何开通。',
  platform_refused: '企业微信拒绝发送，详见平台回复。',
  platform_unreachable: '连不上企业微信。请检查服务器网络。',
  no_answer: '企业微信没有答复，为避免重复不再发送。',
  confirmed_by_repeat: '再次询问后确认已发出。',
  material_missing: '有附件上传到企业微信失败。请在欢迎语中重新上传附件。',
};

export const touch = {
  touch: {
    subtitle: '发给客户的每一条消息，以及没有发出的原因。',
    stateTitle: '状态',
    state,
    stateMeaning,
    reason,
    content: '内容',
    noText: '没有文字',
    attachments: '{{n}} 个附件',
    took: '用时',
    plannedAt: '时间',
    none: '还没有触达记录',
    noneHint: '有人添加员工后，欢迎语会记录在这里。',
  },
  message: {
    text: '文字',
    insert: '插入',
    placeholder: '写给刚刚添加你的人。可以插入客户昵称、员工姓名等变量。',
    attachments: '附件（{{n}}/{{max}}）',
    attachmentLimits: '图片 PNG/JPEG 不超过 10 MB，视频 MP4 不超过 10 MB，文件不超过 20 MB。',
    moveUp: '上移',
    moveDown: '下移',
  },
  variable: {
    customer_name: { name: '客户昵称', hint: '添加员工的客户的昵称' },
    staff_name: { name: '员工姓名', hint: '被添加员工的姓名' },
    staff_alias: { name: '员工别名', hint: '员工对外的别名，没有时用姓名' },
    code_name: { name: '活码名称', hint: '客户扫描的渠道活码的名称' },
    hook: { name: '见面礼', hint: '这个渠道活码送给客户的内容' },
  },
  attachment: {
    image: '图片',
    link: '链接',
    mini_program: '小程序',
    file: '文件',
    video: '视频',
    title: '标题',
    url: '网址',
    description: '描述',
    imageUrl: '封面图网址',
    page: '页面路径',
    cover: '封面图',
    coverHint: '建议 520×416 像素',
    uploadCover: '上传封面',
    changeCover: '更换封面',
  },
  phone: {
    title: '客户手机上的样子',
    label: '欢迎语预览',
    staff: '小雅',
    sampleCustomer: '林夏',
    added: '你已添加了{{name}}，现在可以开始聊天了。',
    nothing: '还没有内容',
    silent: '这个渠道活码不发送欢迎语',
    defaultOff: '默认欢迎语已关闭，不会发送',
  },
};
