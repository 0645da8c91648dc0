import { Mesh } from 'sheratan/client';
import { countAll, sumWords } from './countAll.ts';

const within = { timeoutSeconds: 30 };
const mesh = await Mesh.connect();
const job = await mesh.send(countAll, { folder: 'core' });
const { sumId } = await mesh.result(job, within);
console.log(await mesh.result({ id: sumId, kind: sumWords.kind }, within));
console.log(`its tree: npx sheratan flow ${job.id}`);
mesh.close();
