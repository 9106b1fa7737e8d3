// Original file: proto/postern/authenticate/v1/authenticate.proto


export interface ReportUseResponse__Input {
}

export interface ReportUseResponse {
}
