// Original file: proto/postern/authorize/v1/authorize.proto


export interface GetKeySetRequest__Input {
}

export interface GetKeySetRequest {
}
