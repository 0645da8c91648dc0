/** Schedules in a group of EventBridge Scheduler. Each schedule sends straight to a job queue. */
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

/** Where the schedules are, and what their ticks need. */
export interface SchedulesOptions {
  readonly client: SchedulerClient;
  /** The schedule group of the deployment. */
  readonly group: string;
  /** The role with which the scheduler sends. */
  readonly roleArn: string;
  /** The queue for ticks that could not be sent. */
  readonly deadLetterArn: string;
}

/**
 * The target is the API call: a queue as target needs content-based deduplication, which is off.
 */
const SEND_MESSAGE = 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage';
/** How long, and how often, a tick that could not be sent is tried again. */
const TICK_AGE_SECONDS_MAX = 86_400;
const TICK_RETRIES_MAX = 185;
const READ_AT_ONCE = 8;

const isMissing = (error: unknown): boolean => error instanceof ResourceNotFoundException;

/** The schedules of one group. */
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
  /** The result of a request; undefined when the request failed with the expected error. */
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
      // A schedule that was removed after the listing is left out.
      const found = await mapPool(names.sort(), READ_AT_ONCE, get);
      return found.filter((each) => each !== undefined);
    },
    remove: async (name) => {
      const gone = client.send(new DeleteScheduleCommand({ GroupName, Name: name }));
      return (await unless(isMissing, gone)) !== undefined;
    },
  };
};
