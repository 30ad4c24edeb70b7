/** Cloud Scheduler's client, in a module of its own so that it can be loaded late. */
import { CloudSchedulerClient } from '@google-cloud/scheduler';
import { grpc } from 'google-gax';
import { config } from './config.ts';

export function createSchedulerClient(): CloudSchedulerClient {
  const { GOOGLE_CLOUD_PROJECT: projectId, CLOUD_SCHEDULER_ENDPOINT: local } = config();
  if (!local) return new CloudSchedulerClient({ projectId });
  const [apiEndpoint = '', port] = local.split(':');
  return new CloudSchedulerClient({ projectId, apiEndpoint, port: Number(port), sslCreds: grpc.credentials.createInsecure() });
}
