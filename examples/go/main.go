// Sends a job and reads its result.
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

type job struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Payload any    `json:"payload"`
}

func send(ctx context.Context, client *sqs.Client, j job) error {
	body, err := json.Marshal(j)
	if err != nil {
		return err
	}
	hash := sha256.Sum256(body)
	_, err = client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl:               aws.String(os.Getenv("JOBS_NORMAL_URL")),
		MessageGroupId:         aws.String(j.ID),
		MessageDeduplicationId: aws.String(hex.EncodeToString(hash[:])),
		MessageBody:            aws.String(string(body)),
	})
	return err
}

// text returns the attribute of a job's item, or "" when the item lacks it.
func text(item map[string]types.AttributeValue, name string) string {
	if value, ok := item[name].(*types.AttributeValueMemberS); ok {
		return value.Value
	}
	return ""
}

// await returns the item of a job that has ended.
func await(ctx context.Context, client *dynamodb.Client, id string) (map[string]types.AttributeValue, error) {
	key := map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "JOB#" + id},
		"sk": &types.AttributeValueMemberS{Value: "JOB"},
	}
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		answer, err := client.GetItem(ctx, &dynamodb.GetItemInput{
			TableName:      aws.String(os.Getenv("JOBS_TABLE")),
			Key:            key,
			ConsistentRead: aws.Bool(true),
		})
		if err != nil {
			return nil, err
		}
		switch text(answer.Item, "status") {
		case "COMPLETED", "DEAD", "CANCELLED", "QUARANTINED":
			return answer.Item, nil
		}
		time.Sleep(pause)
	}
}

func main() {
	ctx := context.Background()
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		log.Fatal(err)
	}
	id := "go-" + rand.Text()
	payload := map[string]string{"hello": "mesh"}
	if err := send(ctx, sqs.NewFromConfig(settings), job{ID: id, Kind: "echo", Payload: payload}); err != nil {
		log.Fatal(err)
	}
	item, err := await(ctx, dynamodb.NewFromConfig(settings), id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(text(item, "status"), text(item, "result"))
}
