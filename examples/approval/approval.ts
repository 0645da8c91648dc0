import { defineJob } from 'sheratan';
import * as v from 'valibot';

/** A purchase that somebody agrees to by a link in a mail, with no account and no rights. */
export const purchase = defineJob({
  kind: 'purchase',
  payload: v.object({
    item: v.string(),
    to: v.string(),
    mailbox: v.optional(v.string(), 'http://127.0.0.1:8096/'),
  }),
  run: async ({ item, to, mailbox }, { http, signal, signalUrl, step, waitFor }) => {
    await step('mail', async () => {
      // Made in the step, so that a later run of the job sends no second mail.
      const link = (approved: boolean, label: string) =>
        signalUrl('approval', { data: { approved }, label, expiresIn: { days: 3 } });
      const text = [
        `To: ${to}`,
        `Somebody wants to buy ${item}.`,
        `Approve: ${await link(true, 'Approve')}`,
        `Refuse: ${await link(false, 'Refuse')}`,
      ].join('\n');
      const request = { method: 'POST', body: text, limitBytes: 1_024, signal } as const;
      const { status } = await http.request({ url: mailbox, headers: {}, ...request });
      if (status !== 200) throw new Error(`the mailbox answered ${status}`);
    });
    const { approved } = await waitFor<{ approved: boolean }>('approval', { timeout: { days: 3 } });
    return { item, bought: approved };
  },
});
