/** What Lambda gives a function of a size. */

/** One vCPU comes with so many MB (Lambda's documentation, "Configure Lambda function memory"). */
const MB_PER_VCPU = 1_769;

export const vcpusOf = (memoryMb: number): number => memoryMb / MB_PER_VCPU;
