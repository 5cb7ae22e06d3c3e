import { type QueryClient, queryOptions, useQuery } from '@tanstack/react-query';
import { call } from '#console/call';
import { getJsSignature } from '#contract/wecom';

/** WeCom's own browser, on a phone or a desk. */
export const isInWecom = /wxwork\//i.test(navigator.userAgent);

/** Where the server asks WeCom who holds the phone. `to` is a path below /m. */
export function wecomSignIn(to: string | undefined): string {
  return `/m/wecom?${new URLSearchParams(to === undefined ? {} : { to })}`;
}

/** What a page inside WeCom can do with the chat beside it. */
interface Chat {
  /** Whose chat is open beside the page; null anywhere but in a chat with an external customer. */
  readonly externalUserid: string | null;
  /** False on a customer's profile: there is a customer, and no chat to put words into. */
  readonly canSend: boolean;
  /** Puts words into the chat that is open. */
  send(text: string): Promise<void>;
  /** Opens the chat with a customer. */
  open(externalUserid: string): Promise<void>;
}

/** What the client of WeCom answered instead of doing it. */
export class WecomRefusal extends Error {
  override readonly name = 'WecomRefusal';
}

const refusal = (error: unknown) => {
  const { errMsg, message } = (error ?? {}) as { errMsg?: string; message?: string };
  return new WecomRefusal(errMsg ?? message ?? String(error));
};

/** Where a page stands beside a chat with one person, by the SDK's names. */
const chatEntries: readonly string[] = ['single_chat_tools', 'chat_attachment'];
const customerEntries: readonly string[] = [...chatEntries, 'contact_profile'];

/** The SDK, told who this page is. Once for each page that the browser loads. */
const sdkQuery = queryOptions({
  queryKey: ['wecom', 'sdk'],
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
  queryFn: async () => {
    const ww = await import('@wecom/jssdk');
    const sign = (url: string) => call(getJsSignature, { url });
    const { corpId, agentId } = await sign(window.location.href);
    ww.register({
      corpId,
      agentId,
      jsApiList: ['getContext', 'getCurExternalContact', 'sendChatMessage', 'openEnterpriseChat'],
      getConfigSignature: async (url) => (await sign(url)).config,
      getAgentConfigSignature: async (url) => (await sign(url)).agentConfig,
    });
    return ww;
  },
});

async function connect({ client }: { client: QueryClient }): Promise<Chat> {
  const ww = await client.fetchQuery(sdkQuery);
  const tell = async <T>(asked: Promise<T>): Promise<T> => {
    try {
      return await asked;
    } catch (error) {
      throw refusal(error);
    }
  };
  const { entry } = await tell(ww.getContext());
  return {
    externalUserid: customerEntries.includes(entry) ? (await tell(ww.getCurExternalContact())).userId : null,
    canSend: chatEntries.includes(entry),
    send: async (content) => {
      await tell(ww.sendChatMessage({ msgtype: 'text', text: { content } }));
    },
    open: async (externalUserid) => {
      await tell(ww.openEnterpriseChat({ externalUserIds: [externalUserid] }));
    },
  };
}

/** Asked again when the page is looked at again: the same sidebar serves the next chat. */
const chatQuery = queryOptions({
  queryKey: ['wecom', 'chat'],
  queryFn: connect,
  enabled: isInWecom,
  staleTime: 0,
  retry: false,
  refetchOnWindowFocus: 'always',
});

export function useChat() {
  return useQuery(chatQuery);
}
