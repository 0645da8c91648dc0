/** Requests and answers of a function URL, in Lambda's form (payload format 2.0). */
import type {
  APIGatewayProxyStructuredResultV2,
  LambdaFunctionURLEvent,
  LambdaFunctionURLEventWithIAMAuthorizer,
} from 'aws-lambda';
import type { ApiRequest } from '../api/answer.ts';
import type { UrlAnswer } from '../ports/urlAnswer.ts';
import type { LinkRequest } from '../signalUrls/answer.ts';

const bodyIn = ({
  body = '',
  isBase64Encoded,
}: Pick<LambdaFunctionURLEvent, 'body' | 'isBase64Encoded'>): string =>
  isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;

/** The request in an event. */
export const linkRequestOf = (event: LambdaFunctionURLEvent): LinkRequest => {
  const { rawPath, headers, requestContext } = event;
  return {
    method: requestContext.http.method,
    path: rawPath,
    headers,
    body: bodyIn(event),
    from: requestContext.http.sourceIp,
  };
};

/** The answer for Lambda. */
export const urlResultOf = ({
  status,
  headers,
  body,
}: UrlAnswer): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers: { ...headers },
  body,
});

/** The request in an event whose sender IAM has let in. */
export const apiRequestOf = (event: LambdaFunctionURLEventWithIAMAuthorizer): ApiRequest => {
  const { http, authorizer } = event.requestContext;
  return {
    method: http.method,
    path: event.rawPath,
    body: bodyIn(event),
    by: authorizer?.iam?.userArn ?? 'somebody without an ARN',
  };
};
