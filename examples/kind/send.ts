import { Mesh } from 'sheratan/client';
import { countWords } from './countWords.ts';

const mesh = await Mesh.connect();
const job = await mesh.send(countWords, { path: 'README.md' });
console.log(await mesh.result(job, { timeoutSeconds: 30 }));
mesh.close();
