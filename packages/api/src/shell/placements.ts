/** /v1/placements: where would VMs go, and why? Touches nothing. */
import { placementBody } from '../logic/leader-answers.ts';
import type { App, Context } from './context.ts';
import { answers, bodies } from './schemas.ts';

export function placementRoutes(app: App, { leader }: Context): void {
  app.post(
    '/v1/placements',
    {
      config: { role: 'viewer', isQuestion: true },
      schema: {
        tags: ['placements'],
        operationId: 'askForPlacements',
        summary: 'Where VMs of this kind would go now, and why not elsewhere; touches nothing',
        body: bodies.placementAsk,
        response: answers({ 200: bodies.placements }),
      },
    },
    async ({ body: { spec: given, count = 1, ...how } }) => {
      // What a VM is told at its first boot is nothing to a place.
      const { cloudInit: _, ...spec } = given;
      const { answers: placed } = await leader.ask({ type: 'place', spec, count, ...how });
      const sentences = how.explain === false ? [] : undefined;
      const bodyOf = (answer: (typeof placed)[number]) =>
        answer.type === 'placed' ? placementBody(answer, sentences) : placementBody(answer);
      return { items: placed.map(bodyOf) };
    },
  );
}
