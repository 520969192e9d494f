/** /v1/settings: what holds for the whole cluster. */
import { BalanceSettings, ImageSettings, MigrationSettings } from '@drover/protocol';
import { balanceSettingsBody, setBalanceSettings } from '../logic/balance.ts';
import { imageSettingsBody, setImageSettings } from '../logic/image-settings.ts';
import { migrationSettingsBody, setMigrationSettings } from '../logic/migration-settings.ts';
import { type App, type Context, newThing } from './context.ts';
import { answers, bodies } from './schemas.ts';

const path = '/v1/settings/migration';
const imagesPath = '/v1/settings/images';
const balancePath = '/v1/settings/balance';
const tags = ['settings'];

export function settingsRoutes(app: App, { mirror, writer }: Context): void {
  app.get(
    path,
    {
      config: { role: 'viewer', about: 'migration-settings' },
      schema: {
        tags,
        operationId: 'getMigrationSettings',
        summary: 'How VMs may be moved: what is set, and what each preset means',
        response: answers({ 200: bodies.migrationSettings }),
      },
    },
    () => migrationSettingsBody(mirror.records),
  );

  app.put(
    path,
    {
      config: { role: 'admin', about: 'migration-settings' },
      schema: {
        tags,
        operationId: 'setMigrationSettings',
        summary: 'Set how VMs may be moved, for the cluster and by label; replaces what was set',
        body: MigrationSettings,
        response: answers({ 200: bodies.migrationSettings }),
      },
    },
    async (request) => {
      const { body } = request;
      const ask = newThing(request);
      await writer.write(request, (records) => setMigrationSettings(records, body, ask));
      return migrationSettingsBody(mirror.records);
    },
  );

  app.get(
    imagesPath,
    {
      config: { role: 'viewer', about: 'image-settings' },
      schema: {
        tags,
        operationId: 'getImageSettings',
        summary: 'Where images may come from, and how large they may be',
        response: answers({ 200: bodies.imageSettings }),
      },
    },
    () => imageSettingsBody(mirror.records),
  );

  app.put(
    imagesPath,
    {
      config: { role: 'admin', about: 'image-settings' },
      schema: {
        tags,
        operationId: 'setImageSettings',
        summary: 'Set where images may come from and how large they may be; replaces what was set',
        body: ImageSettings,
        response: answers({ 200: bodies.imageSettings }),
      },
    },
    async (request) => {
      const { body } = request;
      const ask = newThing(request);
      await writer.write(request, (records) => setImageSettings(records, body, ask));
      return imageSettingsBody(mirror.records);
    },
  );

  app.get(
    balancePath,
    {
      config: { role: 'viewer', about: 'balance-settings' },
      schema: {
        tags,
        operationId: 'getBalanceSettings',
        summary: 'Whether VMs are moved for balance, how eagerly, and within what bounds',
        response: answers({ 200: bodies.balanceSettings }),
      },
    },
    () => balanceSettingsBody(mirror.records),
  );

  app.put(
    balancePath,
    {
      config: { role: 'admin', about: 'balance-settings' },
      schema: {
        tags,
        operationId: 'setBalanceSettings',
        summary: 'Set whether and how VMs are moved for balance; replaces what was set',
        body: BalanceSettings,
        response: answers({ 200: bodies.balanceSettings }),
      },
    },
    async (request) => {
      const { body } = request;
      const ask = newThing(request);
      await writer.write(request, (records) => setBalanceSettings(records, body, ask));
      return balanceSettingsBody(mirror.records);
    },
  );
}
