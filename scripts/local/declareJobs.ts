import { CloudSchedulerClient, type protos } from '@google-cloud/scheduler';
import { grpc } from 'google-gax';
import type { Endpoint } from '#shared/endpoint';

export interface JobSettings {
  projectId: string;
  region: string;
  timeZone: string;
  /** Without a slash at the end. */
  serviceUrl: string;
  serviceAccount: string;
  /** host:port of a Scheduler without TLS. */
  schedulerEndpoint: string;
}

type Job = protos.google.cloud.scheduler.v1.IJob;

const CALL = { timeout: 10_000 };

/** Makes the Scheduler's jobs equal to those that the functions declare: creates, changes and deletes. Repeating it changes nothing. */
export async function declareJobs(endpoints: Endpoint[], settings: JobSettings): Promise<void> {
  const { projectId, region, schedulerEndpoint } = settings;
  const [apiEndpoint = '', port] = schedulerEndpoint.split(/:(?=\d+$)/);
  const sslCreds = grpc.credentials.createInsecure();
  const client = new CloudSchedulerClient({ projectId, apiEndpoint, port: Number(port), sslCreds });
  try {
    const parent = `projects/${projectId}/locations/${region}`;
    const [existing] = await client.listJobs({ parent }, CALL);
    const wanted = endpoints.flatMap((endpoint) => jobOf(endpoint, settings, parent));
    for (const job of wanted) {
      const known = existing.find(({ name }) => name === job.name);
      if (!known) await client.createJob({ parent, job }, CALL);
      else if (figuresOf(known) !== figuresOf(job)) await client.updateJob({ job }, CALL);
    }
    const names = new Set(wanted.map(({ name }) => name));
    for (const { name } of existing) if (name && !names.has(name)) await client.deleteJob({ name }, CALL);
  } finally {
    await client.close();
  }
}

function jobOf({ name, schedule, method, resources }: Endpoint, settings: JobSettings, parent: string): Job[] {
  if (!schedule) return [];
  const uri = `${settings.serviceUrl}/${name}`;
  return [
    {
      name: `${parent}/jobs/${name}`,
      schedule: schedule.cron,
      timeZone: schedule.timeZone ?? settings.timeZone,
      attemptDeadline: { seconds: resources.timeoutS },
      retryConfig: { retryCount: schedule.retries, minBackoffDuration: { seconds: schedule.backoffS } },
      httpTarget: {
        uri,
        httpMethod: method,
        headers: { 'Content-Type': 'application/json' },
        body: Buffer.from('{}'),
        oidcToken: { serviceAccountEmail: settings.serviceAccount, audience: uri },
      },
    },
  ];
}

/** What we declare of a job, without what the Scheduler adds. */
function figuresOf({ schedule, timeZone, attemptDeadline, retryConfig, httpTarget }: Job): string {
  const { uri, httpMethod, oidcToken } = httpTarget ?? {};
  const { retryCount, minBackoffDuration } = retryConfig ?? {};
  const seconds = [attemptDeadline, minBackoffDuration].map((duration) => Number(duration?.seconds ?? 0));
  return JSON.stringify([schedule, timeZone, seconds, retryCount, uri, httpMethod, oidcToken?.serviceAccountEmail, oidcToken?.audience]);
}
