"""What can go wrong with webhooks, seen by whoever sets them up."""

from core.errors import Conflict, InvalidInput, NotFound


class WebhookURLRefused(InvalidInput):
    code = "webhook_url_refused"
    zh = "回调地址不可用：{reason_zh}；未作任何更改。请修改后重试。"
    en = "The webhook's URL can't be used: {reason_en}; nothing was changed. Mend it and try again."


class WebhookEventTypesInvalid(InvalidInput):
    code = "webhook_event_types_invalid"
    zh = "没有这样的事件类型：{unknown}；未作任何更改。请从文档所列类型中选择，或只填 *。"
    en = "There are no such event types: {unknown}; nothing was changed. Choose from those listed, or * alone."


class WebhookEndpointNotFound(NotFound):
    code = "webhook_endpoint_not_found"
    zh = "找不到该回调端点。请检查编号。"
    en = "There is no such webhook endpoint. Check the id."


class WebhookSecretNotFound(NotFound):
    code = "webhook_secret_not_found"
    zh = "该端点没有这个密钥，或它已失效。请检查编号。"
    en = "The endpoint has no such secret, or it has ended. Check the id."


class WebhookDeliveryNotFound(NotFound):
    code = "webhook_delivery_not_found"
    zh = "找不到该投递记录。请检查编号。"
    en = "There is no such webhook delivery. Check the id."


class TooManyWebhookEndpoints(Conflict):
    code = "too_many_webhook_endpoints"
    zh = "每个机构至多 {most} 个回调端点，未新建。请先删除不用的端点。"
    en = "An organisation has at most {most} webhook endpoints; none was made. Delete one that isn't used."


class TooManyWebhookSecrets(Conflict):
    code = "too_many_webhook_secrets"
    zh = "该端点已有 {most} 个有效密钥，未新建。请先移除旧密钥。"
    en = "The endpoint has {most} secrets in force already; none was made. Remove the old one first."


class LastWebhookSecret(Conflict):
    code = "last_webhook_secret"
    zh = "这是该端点唯一的有效密钥，不能移除。请先新建一个。"
    en = "This is the endpoint's only secret in force, so it stays. Make a new one first."


class WebhookEndpointDisabled(Conflict):
    code = "webhook_endpoint_disabled"
    zh = "该端点已停用或删除，未发送。请先启用端点。"
    en = "The endpoint is disabled or deleted; nothing was sent. Make it active first."


class WebhookDeliveryBusy(Conflict):
    code = "webhook_delivery_busy"
    zh = "该投递正在发送中，未重复发送。请在 {retry_after_seconds} 秒后查看结果。"
    en = "The delivery is being sent right now; it was not sent again. Look again in {retry_after_seconds} seconds."
