/** Requests and answers of a function URL, in Lambda's form (payload format 2.0). */
import type { APIGatewayProxyStructuredResultV2, LambdaFunctionURLEvent } from 'aws-lambda';
import type { LinkAnswer, LinkRequest } from '../signalUrls/answer.ts';

/** The request in an event. */
export const linkRequestOf = (event: LambdaFunctionURLEvent): LinkRequest => {
  const { rawPath, headers, body = '', isBase64Encoded, requestContext } = event;
  return {
    method: requestContext.http.method,
    path: rawPath,
    headers,
    body: isBase64Encoded ? Buffer.from(body, 'base64').toString() : body,
    from: requestContext.http.sourceIp,
  };
};

/** The answer for Lambda. */
export const urlResultOf = ({
  status,
  headers,
  body,
}: LinkAnswer): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers: { ...headers },
  body,
});
