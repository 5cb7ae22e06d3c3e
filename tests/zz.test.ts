import { it } from 'vitest';
import { pino } from 'pino';
import { createTestApp } from '#testing';
import { seedWorld } from './testing/world.ts';
it('x', async () => {
  const siyu = await createTestApp({ log: pino({ level: 'warn' }) as never });
  try {
  const world = await seedWorld(siyu);
  console.log(world.customers, (await siyu.database.pool.query('select id,name,problem,attempts from inbox')).rows, (await siyu.database.pool.query('select id,name from customer')).rows);
  for (const u of ['/api/staff/1','/api/codes/1/stats','/api/codes/1', '/api/customers/1/','/api/nothing','/api','/api/', '/api/codes/1/image/', '/wecom/callback?msg_signature=1&timestamp=1&nonce=1&echostr=1','/api/staff/%ff','/api/tags/%00']) { const r= await siyu.app.http.inject({url:u, headers: siyu.owner.headers}); console.log(u, r.statusCode, r.body.slice(0,900)); }
  } finally { await siyu.close(); }
});
