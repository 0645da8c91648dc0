/** What Lambda gives a function of some memory. */

/** MB of memory for one vCPU (Lambda's documentation, "Configure Lambda function memory"). */
const MB_PER_VCPU = 1_769;

/** The vCPUs of a function with this memory; may be a fraction. */
export const vcpusOf = (memoryMb: number): number => memoryMb / MB_PER_VCPU;
