/** Schedules in a group of EventBridge Scheduler, each sending straight to a queue. */
import {
  ConflictException,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  paginateListSchedules,
  ResourceNotFoundException,
  type SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { mapPool } from '#shared/kernel/pool.ts';
import type { Schedules } from '../ports.ts';
import type { Schedule } from '../schedule.ts';

export interface SchedulesOptions {
  readonly client: SchedulerClient;
  readonly group: string;
  /** What the scheduler may act as, to send. */
  readonly roleArn: string;
  /** Where ticks go that could not be sent. */
  readonly deadLetterArn: string;
}

/** The queue itself as a target would want content-based deduplication, which job queues have not. */
const SEND_MESSAGE = 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage';
/** How long a tick that cannot be sent is tried again. */
const TICK_AGE_SECONDS_MAX = 86_400;
const TICK_RETRIES_MAX = 185;
const READ_AT_ONCE = 8;

const isMissing = (error: unknown): boolean => error instanceof ResourceNotFoundException;

export const createSchedules = (options: SchedulesOptions): Schedules => {
  const { client, group: GroupName, roleArn, deadLetterArn } = options;
  const requestOf = ({ name, expression, timezone, enabled, input }: Schedule) => ({
    GroupName,
    Name: name,
    ScheduleExpression: expression,
    ScheduleExpressionTimezone: timezone,
    State: enabled ? ('ENABLED' as const) : ('DISABLED' as const),
    FlexibleTimeWindow: { Mode: 'OFF' as const },
    Target: {
      Arn: SEND_MESSAGE,
      RoleArn: roleArn,
      Input: input,
      RetryPolicy: {
        MaximumEventAgeInSeconds: TICK_AGE_SECONDS_MAX,
        MaximumRetryAttempts: TICK_RETRIES_MAX,
      },
      DeadLetterConfig: { Arn: deadLetterArn },
    },
  });
  /** `undefined` for what is not there. */
  const unless = async <T>(
    isExpected: (error: unknown) => boolean,
    work: Promise<T>,
  ): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      if (isExpected(error)) return undefined;
      throw error;
    }
  };
  const get = async (name: string): Promise<Schedule | undefined> => {
    const found = await unless(
      isMissing,
      client.send(new GetScheduleCommand({ GroupName, Name: name })),
    );
    return (
      found && {
        name,
        expression: found.ScheduleExpression ?? '',
        timezone: found.ScheduleExpressionTimezone ?? 'UTC',
        enabled: found.State !== 'DISABLED',
        input: found.Target?.Input ?? '',
      }
    );
  };
  return {
    create: async (schedule) => {
      const exists = (error: unknown): boolean => error instanceof ConflictException;
      const made = client.send(new CreateScheduleCommand(requestOf(schedule)));
      return (await unless(exists, made)) !== undefined;
    },
    replace: async (schedule) => {
      const made = client.send(new UpdateScheduleCommand(requestOf(schedule)));
      return (await unless(isMissing, made)) !== undefined;
    },
    get,
    list: async () => {
      const names: string[] = [];
      for await (const { Schedules = [] } of paginateListSchedules({ client }, { GroupName }))
        names.push(...Schedules.map(({ Name = '' }) => Name));
      // One that goes away meanwhile is not there.
      const found = await mapPool(names.sort(), READ_AT_ONCE, get);
      return found.filter((each) => each !== undefined);
    },
    remove: async (name) => {
      const gone = client.send(new DeleteScheduleCommand({ GroupName, Name: name }));
      return (await unless(isMissing, gone)) !== undefined;
    },
  };
};
