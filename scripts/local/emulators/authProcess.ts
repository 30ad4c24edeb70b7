/** Firebase's Auth emulator as a process of its own: it takes 320 MB and some seconds of work until it answers. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import { servePart } from '../processes/part.ts';
import { listenAt } from '../processes/port.ts';

// Not public parts of firebase-tools: package.json pins its version exactly.
interface AuthServer {
  createApp(defaultProjectId: string, singleProjectMode: number, states: Map<string, object>): Promise<RequestListener>;
}
interface AuthState {
  AgentProjectState: new (projectId: string) => object;
}

const load = createRequire(import.meta.url);
const { createApp } = load('firebase-tools/lib/emulator/auth/server.js') as AuthServer;
const { AgentProjectState } = load('firebase-tools/lib/emulator/auth/state.js') as AuthState;

const MANY_PROJECTS = 0;
const keyProject = new AsyncLocalStorage<string | undefined>();

/**
 * An API key belongs to one project. The emulator takes every key for one of its default project, so tests that share it would
 * sign in to each other's accounts. Here a key that reads like a project's id (`demo-…`) stands for that project.
 */
class ProjectStates extends Map<string, object> {
  readonly defaultProjectId: string;
  constructor(defaultProjectId: string) {
    super();
    this.defaultProjectId = defaultProjectId;
  }
  override get(projectId: string): object {
    const named = projectId === this.defaultProjectId ? (keyProject.getStore() ?? projectId) : projectId;
    const state = super.get(named) ?? new AgentProjectState(named);
    this.set(named, state);
    return state;
  }
}

function projectOfKey(url: string): string | undefined {
  const key = new URLSearchParams(url.split('?', 2)[1]).get('key') ?? '';
  return key.startsWith('demo-') ? key : undefined;
}

servePart<{ projectId: string; port: number }, { port: number }>(async ({ projectId, port }) => {
  const app = await createApp(projectId, MANY_PROJECTS, new ProjectStates(projectId));
  const server = createServer((request, response) => keyProject.run(projectOfKey(request.url ?? ''), () => app(request, response)));
  return {
    ready: { port: await listenAt(server, port) },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
});
