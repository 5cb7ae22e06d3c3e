import { Tabs } from 'antd';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '~/components/copy-text';

const node = `// npm install standardwebhooks
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.SIYU_WEBHOOK_SECRET); // whsec_…

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    // The body as it came: parsing and writing it again changes it.
    const event = webhook.verify(Buffer.concat(chunks).toString(), request.headers);
    console.log(request.headers['webhook-id'], event.type, event.data);
    response.writeHead(204).end();
  } catch {
    response.writeHead(400).end();
  }
}).listen(3000);
`;

const shell = `# body.json holds the body byte for byte; ID and TIMESTAMP are
# the headers webhook-id and webhook-timestamp.
KEY=$(printf %s "\${SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \\n')
{ printf '%s.%s.' "$ID" "$TIMESTAMP"; cat body.json; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64
# One of the signatures in webhook-signature must be "v1," and this.
# Refuse what is older than five minutes: compare TIMESTAMP with $(date +%s).

# Try a receiver without siyu:
SIGNATURE=$({ printf '%s.%s.' "$ID" "$TIMESTAMP"; cat body.json; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64)
curl -i http://localhost:3000/ --data-binary @body.json \\
  -H 'content-type: application/json' -H "webhook-id: $ID" \\
  -H "webhook-timestamp: $TIMESTAMP" -H "webhook-signature: v1,$SIGNATURE"
`;

export function VerifySnippets() {
  const { t } = useTranslation();
  const snippet = (text: string) => (
    <div className="snippet">
      <pre>{text}</pre>
      <CopyButton text={text} />
    </div>
  );
  return (
    <div>
      <p className="muted">{t('webhook.verifyHint')}</p>
      <Tabs
        size="small"
        items={[
          { key: 'node', label: 'Node.js', children: snippet(node) },
          { key: 'shell', label: `${t('webhook.verifyShell')} (openssl, curl)`, children: snippet(shell) },
        ]}
      />
    </div>
  );
}
