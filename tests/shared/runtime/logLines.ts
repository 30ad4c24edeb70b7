/** A process of its own that logs: what comes out of it is what Cloud Logging reads. Run by log.test.ts. */
import { addLogContext, log, traceparent, withLogContext } from '../../../shared/runtime/index.ts';

log.info('started', { port: 8080 });
withLogContext({ function: 'getSong', requestId: 'req_1', traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }, () => {
  addLogContext({ uidHash: 'c'.repeat(16) });
  log.warn('slow', { latencyMs: 1200, traceparent: traceparent() });
  const cause = new Error('mina@sori.example was refused: token=hunter2');
  log.error('failed', { error: Object.assign(new Error('no answer', { cause }), { code: 14, config: { headers: 'hunter2' } }) });
});
const request = { function: 'createSong', requestId: 'req_2', method: 'POST', uidHash: 'd'.repeat(16) };
withLogContext(request, () =>
  log.error('request_failed', { status: 500, error: new Error('no', { cause: new TypeError('mina@sori.example') }) }),
);
log.error('unhandled_rejection', { error: 'hunter2' });
log.error('unhandled_rejection', { error: undefined });
log.debug('unseen');
