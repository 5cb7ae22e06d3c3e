/** Entry points: channel codes, who answers them, what newcomers hear, and what each code brought. */
export { findCodeIds, markAsked, pushCodeJob, readPush, reportPush, requestTurns, takeDueTurns } from './codes.ts';
export { acquisitionEndpoints } from './routes.ts';
export { welcomeNewcomers } from './welcome.ts';
