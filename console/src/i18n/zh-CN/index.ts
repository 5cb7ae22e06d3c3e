import { acquisition } from './acquisition';
import { campaigns } from './campaigns';
import { channels } from './channels';
import { checks } from './checks';
import { commerce } from './commerce';
import { content } from './content';
import { customers } from './customers';
import { dataSources } from './data-sources';
import { errors } from './errors';
import { eventNames } from './event-names';
import { home } from './home';
import { imports } from './imports';
import { journeys } from './journeys';
import { layout } from './layout';
import { organization } from './organization';
import { people } from './people';
import { policy } from './policy';
import { scores } from './scores';
import { segments } from './segments';
import { tasks } from './tasks';
import { touch } from './touch';
import { webhooks } from './webhooks';
import { wecom } from './wecom';

export const zhCN = {
  ...layout,
  ...errors,
  ...home,
  ...customers,
  ...people,
  ...eventNames,
  ...dataSources,
  ...acquisition,
  ...campaigns,
  ...touch,
  ...tasks,
  ...content,
  ...organization,
  ...webhooks,
  ...policy,
  ...scores,
  ...segments,
  ...wecom,
  ...checks,
  ...channels,
  ...commerce,
  ...imports,
  ...journeys,
};
