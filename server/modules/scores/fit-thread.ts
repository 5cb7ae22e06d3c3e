// Runs in a thread of its own (see examineApart in compute.ts): a fit computes for seconds, and the process answers requests.
import { parentPort, workerData } from 'node:worker_threads';
import { examinePurchases } from './calibration.ts';

const { summary, settings } = workerData as { summary: never; settings: never };
parentPort?.postMessage(examinePurchases(summary, settings));
