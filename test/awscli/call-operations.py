"""Calls operations of AWS with botocore: a call is a line of the input, its outcome a line of the output. The first line tells what botocore this is."""

import base64
import datetime
import json
import sys

import awscli  # version 2 carries a botocore of its own: this makes it the one that is imported
from botocore import __version__, config, exceptions, serialize, session

endpoint, region = sys.argv[1:]


def client_of(service, protocol):
    """A client in a protocol of those that the service's model names."""
    of_service = session.Session()
    loader = of_service.get_component('data_loader')
    load = loader.load_service_model

    def load_in_protocol(*arguments, **named):
        model = load(*arguments, **named)
        if 'metadata' in model and protocol is not None:
            model['metadata'].update(protocol=protocol, protocols=[protocol])
        return model

    loader.load_service_model = load_in_protocol
    timeouts = config.Config(connect_timeout=5, read_timeout=20)
    return of_service.create_client(service, region_name=region, endpoint_url=endpoint, config=timeouts, aws_access_key_id='AKIA', aws_secret_access_key='secret')


def protocols_of(service):
    """Of the protocols that the service's model names, those that this botocore speaks."""
    metadata = session.Session().get_component('data_loader').load_service_model(service, 'service-2')['metadata']
    return [protocol for protocol in metadata.get('protocols', [metadata['protocol']]) if protocol in serialize.SERIALIZERS]


def members_of(shape, seen=()):
    """The names of all members that botocore's model has in a shape, at any depth, each with its type."""
    if shape is None or shape.name in seen:
        return {}
    members = dict(shape.members) if shape.type_name == 'structure' else {}
    inside = {'list': lambda: [shape.member], 'map': lambda: [shape.value]}.get(shape.type_name, members.values)()
    found = {name: member.type_name for name, member in members.items()}
    for each in inside:
        found.update(members_of(each, (*seen, shape.name)))
    return found


clients = {}


def outcome_of(service, operation, input, protocol=None):
    if (service, protocol) not in clients:
        clients[service, protocol] = client_of(service, protocol)
    client = clients[service, protocol]
    if operation not in client.meta.method_to_api_mapping.values():
        return {'kind': 'unknown'}
    members = members_of(client.meta.service_model.operation_model(operation).output_shape)
    try:
        output = client._make_api_call(operation, input)
    except exceptions.ClientError as error:
        return {'kind': 'error', 'code': error.response['Error']['Code'], 'message': error.response['Error']['Message'], 'class': type(error).__name__, 'status': error.response['ResponseMetadata']['HTTPStatusCode']}
    except Exception as error:
        return {'kind': 'failure', 'what': f'{type(error).__name__}: {error}'}
    del output['ResponseMetadata']
    return {'kind': 'output', 'output': output, 'members': members}


def as_json(value):
    if isinstance(value, datetime.datetime):
        rounded = value.astimezone(datetime.timezone.utc) + datetime.timedelta(microseconds=500)
        return rounded.isoformat(timespec='milliseconds').replace('+00:00', 'Z')
    return base64.b64encode(value.read() if hasattr(value, 'read') else value).decode()


def tell(value):
    print(json.dumps(value, default=as_json), flush=True)


tell({'version': __version__, 'cloudwatchProtocols': protocols_of('cloudwatch')})
for line in sys.stdin:
    tell(outcome_of(**json.loads(line)))
