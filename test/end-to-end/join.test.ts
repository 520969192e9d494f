/**
 * A host joins the lab's own cluster: a token from the API, one command on the host, and an agent that speaks to NATS with
 * the key that it joined with. The host is h3, whose agent has a key of the lab's own before and after.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { Cluster } from './support/cluster.ts';
import { until } from './support/until.ts';

const host = 'h3';
const folder = '/var/lib/drover/joined';
const joinedConfig = `${folder}/agent.yaml`;
const node = '/opt/drover/node_modules/node/bin/node';
const agent = '/opt/drover/packages/agent/src/main.ts';

let cluster: Cluster;
let configPath: string;
let config: string;
beforeAll(async () => {
  cluster = await Cluster.attach();
  await cluster.clear();
  configPath = join(cluster.lab.settings.stateFolder, host, 'agent.yaml');
  config = await readFile(configPath, 'utf8');
});
afterAll(async () => {
  await startAgentWith(config);
  await cluster.lab.exec(host, ['rm', '-rf', folder]);
  await cluster.clear();
});

async function makeToken(body: object): Promise<string> {
  const path = '/v1/join/tokens';
  return (await cluster.api.expect<{ token: string }>(201, 'POST', path, body)).token;
}

const joinWith = (token: string) =>
  cluster.lab.exec(host, [node, agent, 'join', token, '--host', host, '--config', joinedConfig]);
const schedulerLogs = async () =>
  `${await cluster.lab.logs('scheduler1')}${await cluster.lab.logs('scheduler2')}`;

/** Its supervisor starts it again within a second or two. */
async function startAgentWith(text: string, signal: 'TERM' | 'KILL' = 'TERM'): Promise<void> {
  const before = await cluster.lab.exec(host, ['cat', '/run/drover/agent.pid']);
  await writeFile(configPath, text);
  await cluster.lab.kill(host, 'agent', signal);
  // Where it was made to stand still, it hears that now.
  await cluster.lab.kill(host, 'agent', 'CONT');
  await until('the agent was started again', async () => {
    const now = await cluster.lab.exec(host, ['cat', '/run/drover/agent.pid']);
    return now.stdout === before.stdout ? undefined : true;
  });
}

/** What else the lab says of its hosts stays: its share of the machine, its ports. */
async function configOfJoined(): Promise<string> {
  const made = parse((await cluster.lab.exec(host, ['cat', joinedConfig])).stdout) as {
    readonly nats: object;
  };
  return stringify({ ...(parse(config) as object), nats: made.nats });
}

const isReady = () =>
  until('the host is ready', async () => {
    const known = (await cluster.api.hosts()).find(({ id }) => id === host);
    return known?.state === 'ready' ? true : undefined;
  });

it('no host takes the place of another with a token that does not name it', async () => {
  const token = await makeToken({});
  const { exitCode, stderr } = await joinWith(token);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`drover join-token create --host ${host}`);
});

it('a host that joins is let in by NATS, and places VMs as before', async () => {
  const token = await makeToken({ host });
  const joined = await joinWith(token);
  expect(`${joined.stdout}${joined.stderr}`).toContain(`joined as ${host}`);
  expect(joined).toMatchObject({ exitCode: 0 });
  const letIn = async () => (await schedulerLogs()).split(`NATS lets agent ${host} in`).length;
  const before = await letIn();
  await startAgentWith(await configOfJoined());
  await until('the scheduler let the agent in', async () =>
    (await letIn()) > before ? true : undefined,
  );
  await isReady();
  for (const other of cluster.lab.hosts.filter((one) => one !== host)) {
    await cluster.api.expect(200, 'POST', `/v1/hosts/${other}/cordon`);
  }
  const vm = await cluster.runVm('on-joined');
  expect(vm.hostId).toBe(host);
});

it('its former key is good for nothing once it has joined again', async () => {
  const copied = `${folder}/former.nk`;
  await cluster.lab.exec(host, ['cp', `${folder}/bus.nk`, copied]);
  const { exitCode } = await joinWith(await makeToken({ host }));
  expect(exitCode).toBe(0);
  const refused = async () => (await schedulerLogs()).split('has another key than').length;
  const before = await refused();
  const former = { servers: ['nats://nats:4222'], nkeySeedFile: copied };
  await startAgentWith(stringify({ ...(parse(config) as object), nats: former }));
  await until('the former key is refused', async () =>
    (await refused()) > before ? true : undefined,
  );
  await startAgentWith(config);
});

describe('a host that is forgotten', () => {
  const path = `/v1/hosts/${host}`;
  const refusals = async () => (await schedulerLogs()).split(`${host} has not joined with`).length;

  it('is in no list, once its agent has stopped and not before', async () => {
    await isReady();
    await cluster.clear();
    await startAgentWith(await configOfJoined());
    await isReady();
    const early = await cluster.api.send<{ code: string }>('DELETE', path);
    expect([early.status, early.body.code]).toEqual([409, 'host-not-down']);
    await cluster.lab.kill(host, 'agent', 'STOP');
    const isDown = async () => ((await cluster.api.host(host)).state === 'down' ? true : undefined);
    await until('the host is down', isDown, { deadlineMs: 90_000 });
    const rehearsed = await cluster.api.send('DELETE', `${path}?dryRun=true`);
    expect(rehearsed).toMatchObject({
      status: 200,
      body: { changes: [{ what: 'request' }, { change: 'removed', what: 'host-key', id: host }] },
    });
    const { id } = await cluster.api.expect<{ id: string }>(202, 'DELETE', path);
    await cluster.ended(id, 'succeeded');
    expect((await cluster.api.hosts()).map((one) => one.id)).not.toContain(host);
    expect((await cluster.api.send('GET', path)).status).toBe(404);
  });

  it('is refused by NATS when its agent runs again, and stays in no list', async () => {
    const before = await refusals();
    await startAgentWith(await configOfJoined(), 'KILL');
    await until('NATS refuses it', async () => ((await refusals()) > before ? true : undefined));
    expect((await cluster.api.hosts()).map((one) => one.id)).not.toContain(host);
  });

  it('comes back as a new host with a new token, which need not name it', async () => {
    const joined = await joinWith(await makeToken({}));
    expect(joined).toMatchObject({ exitCode: 0 });
    await startAgentWith(await configOfJoined());
    await isReady();
  });
});
